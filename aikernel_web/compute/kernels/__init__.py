"""Ready kernels in WGSL, one file a family, each with a twin in NumPy that computes the same where there is no GPU."""

from __future__ import annotations

from .vector_add import VECTOR_ADD, create_vector_add

__all__ = ["VECTOR_ADD", "create_vector_add"]
