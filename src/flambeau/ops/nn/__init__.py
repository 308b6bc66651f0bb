"""Operators of networks: activations, convolutions, pooling, normalisation, losses."""
