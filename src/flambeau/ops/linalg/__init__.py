"""Linear algebra: factorisations, solvers, spectra and norms of batches of matrices."""
