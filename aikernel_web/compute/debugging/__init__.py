"""Running kernels on the CPU to see what they do, and where they go wrong."""
