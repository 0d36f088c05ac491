"""Runs compute shaders on NumPy: all invocations of a chunk at once, each statement as a few array operations."""
