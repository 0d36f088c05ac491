"""The seam to a place where pictures are seen: a canvas of the page."""

from __future__ import annotations

from typing import Any, Protocol

from .gpu import GpuDevice


class Canvas(Protocol):
    """Shows pictures, each in place of the one before, and waits until the page has it, or a newer one.

    A picture has 4 bytes a pixel: red, green, blue, and one that is not looked at; row by row from the top.
    """

    @property
    def name(self) -> str:
        """What the page has called it."""
        ...

    async def show_buffer(self, device: GpuDevice, handle: int, *, width: int, height: int) -> None:
        """Show what a buffer of ``device`` holds when everything submitted before has run; it stays on the GPU's side.

        Raises `KernelError` with ``DISPLAY_CANVAS_CLOSED``, `NotSupportedError` with ``DISPLAY_DEVICE_FOREIGN`` for a
        device that is not the canvas's own page's, `DeviceLost`.
        """
        ...

    async def show_pixels(self, pixels: Any, *, width: int, height: int) -> None:
        """Show what a buffer of Python's holds. Raises `KernelError` with ``DISPLAY_CANVAS_CLOSED``."""
        ...

    def close(self) -> None:
        """Show nothing any more; the picture that is there stays."""
        ...
