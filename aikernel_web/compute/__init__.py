"""GPU compute: the WebGPU provider, its backends, and the CPU that takes over where there is no GPU."""
