"""WGSL: the front end that finds out what a shader needs, and what is wrong with it (W3C WGSL)."""
