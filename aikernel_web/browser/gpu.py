"""The page's GPU, behind static/bridge/webgpu.mjs."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from itertools import count
from typing import Any, TypeVar, cast

from pyodide.ffi import JsException, can_run_sync, create_proxy, run_sync

from ..contracts.errors import InvalidArgumentError, KernelError
from ..contracts.gpu import HANDLE_MAX, TIME_LIMIT, GpuBinding, GpuDeviceInfo
from ..contracts.gpu_errors import DeviceLost
from .convert import to_object
from .gpu_answers import device_info, gpu_error, shader_error
from .gpu_interop import InteropBuffers

T = TypeVar("T")

_WORDS = 4096
"""Words that are lent to JavaScript at first: some hundred dispatches, or 16 KiB of data."""
_WORD = 4


class BrowserGpu:
    """``navigator.gpu`` as a `GpuDevice`, and as the `GpuInterop` of the reference contract (section 4.7).

    ``load`` imports static/bridge/webgpu.mjs; that is done when the device is first opened. What JavaScript is lent
    and given, it has from `open` to `close`.
    """

    def __init__(self, load: Callable[[], Awaitable[Any]]) -> None:
        self._load = load
        self._info: GpuDeviceInfo | None = None
        self._gone = "The GPU device was not opened yet: open it."
        self._lost_generation = 0
        self._closings = 0
        self._callbacks: list[Callable[[str, str], None]] = []
        self._interop = InteropBuffers(self)
        self._gpu: Any = None
        self._lost_proxy: Any = None
        self._ended_proxy: Any = None
        self._words_proxy: Any = None
        self._waiting: dict[int, asyncio.Future[float | None]] = {}
        self._numbers = count(1)
        self._take_words(array("I", bytes(_WORD * _WORDS)))

    @property
    def info(self) -> GpuDeviceInfo | None:
        """The open device."""
        return self._info

    async def open(self) -> GpuDeviceInfo:
        """Return the open device, or open a fresh one."""
        if self._info is not None:
            return self._info
        closings = self._closings
        if self._gpu is None:
            module = await self._load()
            if self._gpu is None:
                self._bind(module.WebGpu.new())
        if closings != self._closings:
            raise DeviceLost(self._gone)
        self._attach()
        try:
            info = device_info(await self._gpu.open())
        except JsException as error:
            failure = error.message
        else:
            if closings != self._closings or info.generation == self._lost_generation:
                raise DeviceLost(self._gone)
            if self._info is None:
                self._info = info
            return self._info
        raise gpu_error(failure)

    async def compile(
        self, wgsl: str, entry: str, *, constants: Mapping[str, float], bindings: Sequence[GpuBinding]
    ) -> int:
        """Return a pipeline."""
        return await self._compile(wgsl, entry, constants, [list(binding) for binding in bindings])

    async def compile_plain(self, wgsl: str, buffers: int) -> int:
        """Return a pipeline of the only entry point of ``wgsl``, which uses bindings 0 to ``buffers`` of group 0."""
        return await self._compile(wgsl, "", {}, buffers)

    def release(self, pipeline: int) -> None:
        """Let go of a pipeline."""
        if self._gpu is not None:
            self._gpu.release(pipeline)

    def write(self, handle: int, size: int, data: Any, *, offset: int = 0) -> None:
        """Copy ``data`` into a buffer."""
        self._require_open()
        with memoryview(data) as view:
            length = view.nbytes
            try:
                if length > _WORD * _WORDS:
                    self._js_write(handle, size, view.cast("B"), offset)
                else:
                    # To lend an array takes longer than to copy a small one into what is lent already.
                    if length:
                        self._bytes[:length] = view.cast("B")
                    self._js_write_lent(handle, size, length, offset)
                return
            except JsException as error:
                failure = error.message
        raise gpu_error(failure)

    def submit(self, words: Sequence[int], *, timed: bool = False) -> int:
        """Run a command list and return its ticket; an ``array.array("I")`` is taken as it is."""
        self._require_open()
        given = words if isinstance(words, array) and words.typecode == "I" else _packed(words)
        length = len(given)
        if length > len(self._words):
            self._lend_more(length)
        self._words[:length] = given
        try:
            return cast("int", self._js_submit(length, timed))
        except JsException as error:
            failure = error.message
        raise gpu_error(failure)

    async def finish(
        self, ticket: int, destinations: Sequence[Any] = (), *, time_limit: float | None = None
    ) -> float | None:
        """Wait until a list has run and fill ``destinations``."""
        self._require_open()
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._js_finish(number, ticket, TIME_LIMIT if time_limit is None else time_limit)
            seconds = await self._waiting[number]
            for index, destination in enumerate(destinations):
                with memoryview(destination) as view:
                    if view.nbytes:
                        self._js_part(ticket, index, view.nbytes).assign_to(view.cast("B"))
            return seconds
        except JsException as error:
            failure = error.message
        finally:
            self._waiting.pop(number, None)
            self._js_done(ticket)
        raise gpu_error(failure)

    async def show(self, handle: int, picture: Any, width: int, height: int) -> None:
        """Show a buffer's pixels in a `Picture` of static/gpu/present.mjs."""
        self._require_open()
        try:
            await self._gpu.show(handle, picture, width, height, TIME_LIMIT)
            return
        except JsException as error:
            failure = error.message
        raise gpu_error(failure)

    def run_sync(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait for ``coroutine`` from synchronous code."""
        if can_run_sync():
            return cast("T", run_sync(coroutine))
        coroutine.close()
        message = (
            "Synchronous code cannot wait here: the browser has no JavaScript Promise Integration, or Python was "
            "entered by a plain call from JavaScript. Use the asynchronous form with await."
        )
        raise KernelError(message, code="SYNC_UNAVAILABLE")

    def on_lost(self, callback: Callable[[str, str], None]) -> None:
        """Call ``callback(reason, message)`` once for each device that is lost and was not closed."""
        self._callbacks.append(callback)

    def counts(self) -> Mapping[str, int]:
        """Return what there is, and how much was done."""
        if self._gpu is None:
            return dict.fromkeys(_COUNTS, 0)
        return cast("dict[str, int]", self._gpu.counts().to_py())

    def close(self) -> None:
        """Let go of the device and all its memory."""
        self._info = None
        self._gone = "The GPU device was closed: open it."
        self._closings += 1
        self._interop.clear()
        if self._lost_proxy is None:
            return
        self._gpu.close()
        self._words_proxy.destroy()
        self._lost_proxy.destroy()
        self._ended_proxy.destroy()
        self._words_proxy = self._lost_proxy = self._ended_proxy = None
        for number in list(self._waiting):
            self._ended(number, None, f"{self._gone} ErrorCode=WEBGPU_DEVICE_LOST")

    def is_webgpu_supported(self) -> bool:
        """Whether this page has WebGPU."""
        return self._interop.is_webgpu_supported()

    async def write_buffer(self, handle: object, data: bytes) -> None:
        """Copy ``data`` to the front of a buffer."""
        await self._interop.write_buffer(handle, data)

    async def read_buffer(self, handle: object, length: int) -> bytes:
        """Return the first ``length`` bytes of a buffer, or all of it where it has less."""
        return await self._interop.read_buffer(handle, length)

    async def execute_kernel(self, wgsl: str, handles: Sequence[object], x: int, y: int, z: int) -> None:
        """Run the only entry point of ``wgsl``; handle i is binding i of group 0, and the kernel uses each of them."""
        await self._interop.execute_kernel(wgsl, handles, x, y, z)

    def _bind(self, gpu: Any) -> None:
        self._gpu = gpu
        # Looked up once: to find a method on the other side takes half as long as to call it.
        self._js_write, self._js_write_lent, self._js_submit = gpu.write, gpu.writeLent, gpu.submit
        self._js_finish, self._js_part, self._js_done = gpu.finish, gpu.part, gpu.done

    def _attach(self) -> None:
        if self._lost_proxy is None:
            self._lost_proxy = create_proxy(self._lost)
            self._words_proxy = create_proxy(self._array)
            self._ended_proxy = create_proxy(self._ended)
            self._gpu.attach(self._lost_proxy, self._ended_proxy, self._words_proxy)

    def _take_words(self, words: array[int]) -> None:
        # One array for all lists: to lend one takes longer than most of what is done with it.
        self._array = words
        self._words = memoryview(words)
        self._bytes = self._words.cast("B")

    def _lend_more(self, length: int) -> None:
        # What is lent cannot be resized.
        former = self._words_proxy
        self._take_words(array("I", bytes(_WORD * max(length, 2 * len(self._words)))))
        self._words_proxy = create_proxy(self._array)
        self._gpu.attach(self._lost_proxy, self._ended_proxy, self._words_proxy)
        former.destroy()

    def _require_open(self) -> None:
        if self._info is None:
            raise DeviceLost(self._gone)

    def _ended(self, number: int, seconds: float | None, failure: str | None) -> None:
        future = self._waiting.get(number)
        if future is None or future.done():
            return  # who was cancelled does not wait
        if failure is None:
            future.set_result(seconds)
        else:
            future.set_exception(gpu_error(failure))

    def _lost(self, reason: str, message: str, generation: int) -> None:
        self._info = None
        self._lost_generation = generation
        why = f"{reason}: {message}" if message else reason
        self._gone = f"The GPU device is gone ({why}), and with it what was only in its memory: open another."
        for callback in self._callbacks:
            callback(reason, message)

    async def _compile(self, wgsl: str, entry: str, constants: Mapping[str, float], bindings: object) -> int:
        self._require_open()
        try:
            given = to_object(dict(constants)), to_object(bindings)
            compiled = await self._gpu.compile(wgsl, entry, *given, TIME_LIMIT)
        except JsException as error:
            failure = error.message
        else:
            if len(compiled.messages):
                raise shader_error(wgsl, compiled.messages)
            return cast("int", compiled.pipeline)
        raise gpu_error(failure)


_COUNTS = ("buffers", "bytes", "pooledBuffers", "pooledBytes", "pipelines", "bindGroups", "submits", "dispatches")


def _packed(words: Sequence[int]) -> array[int]:
    try:
        return array("I", words)
    except (OverflowError, TypeError) as error:
        message = f"A command list is of whole numbers from 0 to {HANDLE_MAX}: {error}."
    raise InvalidArgumentError(message, code="WEBGPU_VALIDATION")
