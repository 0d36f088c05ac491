"""The gallery: pictures of ready kernels, drawn when a page asks for them (static/ui/gallery.mjs)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..compute.provider import WebGpuComputeProvider
from ..contracts.errors import InvalidArgumentError, KernelError
from ..contracts.gpu_errors import DeviceLost

if TYPE_CHECKING:
    from ..contracts.canvas import Canvas
    from ..contracts.compute import GpuBackend
    from .life import World

_PIXELS_MAX = 1 << 25
"""No screen has more, and a page must not make the kernel take memory without end."""


class Gallery:
    """Draws on canvases what a page asks for: on the GPU where there is one, and otherwise with NumPy."""

    def __init__(self, backend: GpuBackend, canvases: Mapping[str, Canvas]) -> None:
        self.gpu = WebGpuComputeProvider(backend=backend)
        """What computes. It publishes no events: they would be some hundred a second."""
        self._canvases = canvases
        self._world: World | None = None
        self._drawing = asyncio.Lock()

    async def draw(self, canvas: str, request: Mapping[str, Any]) -> dict[str, object]:
        """Draw one picture, and answer what it is and who has computed it (GalleryPicture in static/aikernel.d.ts).

        A device that is lost meanwhile is told in no other way: the picture is drawn by the next one.

        Raises `InvalidArgumentError` with ``GALLERY_REQUEST_INVALID``, `KernelError` with ``DISPLAY_CANVAS_UNKNOWN``,
        and what computing raises.
        """
        target = self._canvases.get(canvas)
        if target is None:
            message = f"There is no canvas {canvas!r}: the page attaches it (kernel.canvases.attach)."
            raise KernelError(message, code="DISPLAY_CANVAS_UNKNOWN")
        columns, rows = _whole(request, "columns", 1), _whole(request, "rows", 1)
        if columns * rows > _PIXELS_MAX:
            raise _refusal(f"{columns} x {rows} pixels are more than {_PIXELS_MAX}")
        scenes: dict[object, Callable[[Canvas, Mapping[str, Any]], Awaitable[int | None]]]
        scenes = {"mandelbrot": self._draw_mandelbrot, "life": self._draw_life}
        scene = scenes.get(request.get("scene"))
        if scene is None:
            raise _refusal(f"the scene is {request.get('scene')!r}, and there are {', '.join(map(str, scenes))}")
        async with self._drawing:
            await self.gpu.initialize()
            try:
                generation = await scene(target, request)
            except DeviceLost:
                generation = await scene(target, request)
        return {"columns": columns, "rows": rows, "generation": generation, "computer": self._computer()}

    async def close(self) -> None:
        """Let go of what is kept between pictures, and of the device, when the picture that is begun is done."""
        async with self._drawing:
            self._world = None
            await self.gpu.shutdown()

    async def _draw_mandelbrot(self, canvas: Canvas, request: Mapping[str, Any]) -> None:
        from .mandelbrot import draw  # noqa: PLC0415 - each scene is loaded when it is opened

        columns, rows = request["columns"], request["rows"]
        center, step, limit = request.get("centre"), request.get("step"), _whole(request, "limit", 1)
        if not isinstance(step, int | float) or not step > 0:
            raise _refusal(f"the step is {step!r}: give the distance of neighbouring pixels, more than 0")
        if not isinstance(center, list) or len(center) != 2 or not all(isinstance(x, int | float) for x in center):  # noqa: PLR2004
            raise _refusal(f"the centre is {center!r}: give two numbers")
        await draw(self.gpu, canvas, (rows, columns), center=complex(*center), step=float(step), limit=limit)

    async def _draw_life(self, canvas: Canvas, request: Mapping[str, Any]) -> int:
        from .life import World  # noqa: PLC0415

        shape = request["rows"], request["columns"]
        if self._world is None or self._world.shape != shape:
            self._world = World(self.gpu, shape)
        edits = request.get("edits") or []
        if len(edits) % 2 or not all(isinstance(value, int) and value >= 0 for value in edits):
            raise _refusal("the edits are not places and states by turns")
        return await self._world.draw(canvas, fill=request.get("fill"), edits=edits, steps=_whole(request, "steps", 0))

    def _computer(self) -> dict[str, object]:
        gpu = self.gpu
        if gpu.using_cpu_fallback or gpu.info is None:
            reason = gpu.fallback_reason or "There is no GPU."
            code = gpu.fallback_code or ""
            return {"gpu": False, "name": "", "software": False, "device": 0, "reason": reason, "code": code}
        adapter = gpu.info.adapter
        words = adapter.get("description") or f"{adapter.get('vendor', '')} {adapter.get('architecture', '')}"
        software = bool(adapter.get("isFallbackAdapter"))
        device = gpu.info.generation
        return {
            "gpu": True,
            "name": str(words).strip(),
            "software": software,
            "device": device,
            "reason": "",
            "code": "",
        }


def _whole(request: Mapping[str, Any], name: str, least: int) -> int:
    value = request.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise _refusal(f"{name} is {value!r}: give a whole number of {least} or more")
    return value


def _refusal(why: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"The picture cannot be drawn: {why}.", code="GALLERY_REQUEST_INVALID")
