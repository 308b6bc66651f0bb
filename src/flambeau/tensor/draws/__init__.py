"""Random arrays: what PyTorch draws on the CPU from the same generator, number for number.

Every function takes the ``Generator`` first and returns a fresh, C-contiguous array; operators
wrap them. They are bit-exact to PyTorch except where a note says otherwise. What is worth
knowing about PyTorch's streams:

* float32, float16 and bfloat16 uniforms use the low 24 bits of one 32-bit word, float64 the low
  53 bits of two words.
* Uniforms and normals are scaled and shifted with one rounding (a fused multiply-add), and a
  uniform that rounds to the upper bound becomes the lower bound.
* Sixteen or more normal numbers come from Box-Muller on blocks of 16; fewer come in pairs from
  float64 arithmetic, and the second of a pair waits in the generator for the next such draw.
  PyTorch's last bits depend on the processor here; these are those of its AVX2 kernel
  (``boxmuller.py``), on every machine.
* An array is filled in the order of its memory. For a tensor that is not contiguous see
  ``memory_order``, and pass ``blocks=False`` to ``normal``.
* ``bernoulli`` with one probability takes a float64 uniform a value. On Intel processors
  PyTorch itself takes these from another generator (MKL's), so masks differ there; this one
  stream is kept on every machine.
* Where the runtime library is at hand the most common draws are made in C (``native.py``).
* float64 logarithms and sines are the C library's. Where NumPy was built with its own (AVX-512),
  float64 results may differ from PyTorch's in the last bit.
"""

from __future__ import annotations

from .choice import bernoulli, multinomial
from .common import memory_axes, memory_order
from .continuous import cauchy, exponential, geometric, log_normal, normal, uniform
from .counts import poisson
from .integers import randint, random
from .native import is_native
from .permutation import randperm

__all__ = [
    "bernoulli", "cauchy", "exponential", "geometric", "is_native", "log_normal",
    "memory_axes", "memory_order", "multinomial", "normal", "poisson", "randint", "random",
    "randperm", "uniform",
]  # fmt: skip
