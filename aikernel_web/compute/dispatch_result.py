"""What a kernel has written."""

from __future__ import annotations

from typing import Any


class DispatchResult(dict[str, Any]):
    """The arrays that a kernel may have written, by the names of its variables."""

    gpu_time: float | None = None
    """The GPU's time in seconds, where it was asked for (``timed=True``) and the device can tell."""
