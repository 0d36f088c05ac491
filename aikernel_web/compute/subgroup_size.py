"""How many invocations a subgroup has on the CPU, where a kernel asks for no size."""

from __future__ import annotations

from typing import Any, Final

from ..contracts.errors import InvalidArgumentError

SUBGROUP_SIZE: Final = 4
"""That of SwiftShader, so that both ways to run without a GPU have the same."""
_SIZES: Final = (4, 8, 16, 32, 64, 128)
"""Those that WebGPU has (subgroupMinSize to subgroupMaxSize)."""


def require_subgroup_size(size: Any) -> int:
    """Return a size; raises `InvalidArgumentError` with ``CPU_SUBGROUP_SIZE_INVALID`` for one that the CPU has not."""
    if size not in _SIZES:
        message = f"On the CPU a subgroup has {', '.join(map(str, _SIZES))} invocations, and not {size!r}."
        raise InvalidArgumentError(message, code="CPU_SUBGROUP_SIZE_INVALID")
    return int(size)
