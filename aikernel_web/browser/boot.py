"""Where the kernel worker enters Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from js import navigator
from pyodide.ffi import JsProxy

from ..contracts.engine import BytesLike
from ..kernel import Kernel
from ..runtime.programs import Program
from .audio import PageSpeaker
from .engine import BrowserEngine
from .service import Service

if TYPE_CHECKING:
    from ..contracts.compute import GpuInterop


async def start(engine: JsProxy, programs: Any, load: Any, speaker: JsProxy, load_gpu: Any) -> JsProxy:
    """Start the kernel on the worker's engine and return the functions that the worker calls from then on.

    Args:
        engine: the `ProcessEngine` of static/bridge/wasm.mjs.
        programs: the programs of the site.
        load: a function that fetches one of them by name.
        speaker: the `Speaker` of static/bridge/audio.mjs.
        load_gpu: a function that imports static/bridge/webgpu.mjs.
    """

    async def load_program(name: str) -> BytesLike:
        data: BytesLike = await load(name)
        return data

    def make_gpu() -> GpuInterop:
        from .gpu import BrowserGpu  # noqa: PLC0415 - few pages compute, and all would wait for it

        return BrowserGpu(load_gpu)

    known = [Program(program.name, program.bytes, "site", program.summary) for program in programs]
    kernel = Kernel(
        BrowserEngine(engine),
        known,
        load_program=load_program,
        audio_sink=PageSpeaker(speaker),
        make_gpu=make_gpu,
        browser=navigator.userAgent,
    )
    await kernel.start()
    return Service(kernel).exports()
