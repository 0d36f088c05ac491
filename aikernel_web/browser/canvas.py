"""Canvases of the page, behind static/gpu/present.mjs."""

from __future__ import annotations

from typing import Any

from pyodide.ffi import JsProxy

from ..contracts.errors import NotSupportedError
from ..contracts.gpu import GpuDevice
from .answers import answer
from .gpu import BrowserGpu


class PageCanvas:
    """A `Canvas` that a page has handed over to its kernel."""

    def __init__(self, name: str, picture: JsProxy) -> None:
        self.name = name
        self._picture: Any = picture

    async def show_buffer(self, device: GpuDevice, handle: int, *, width: int, height: int) -> None:
        """Show a buffer of the GPU."""
        if not isinstance(device, BrowserGpu):
            message = (
                f"The canvas {self.name!r} shows what the page's own GPU holds, and this is a {type(device).__name__}."
            )
            raise NotSupportedError(message, code="DISPLAY_DEVICE_FOREIGN")
        await device.show(handle, self._picture, width, height)

    async def show_pixels(self, pixels: Any, *, width: int, height: int) -> None:
        """Show a buffer of Python's."""
        with memoryview(pixels) as view:
            await answer(self._picture.showLent, view.cast("B"), width, height)

    def close(self) -> None:
        """Show nothing any more; the picture that is there stays."""
        self._picture.close()
