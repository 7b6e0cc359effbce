"""The stochastic side: models, unravellings, compiled kernels, resumable trajectories. Knows no files, no MPI."""
