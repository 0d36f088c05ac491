"""The host's end of the calls between it and the kernel worker (the other end is static/rpc.mjs)."""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol

from aiohttp import WSMsgType, web

from ..contracts.errors import KernelError
from ..contracts.observation import TraceCall
from .errors import HostError
from .wire import decode, encode

REPLY_TIMEOUT = 60.0
"""Seconds that a call may take which does not wait for a program or for code of the user's."""


IMPORT_THREADS = 256
"""How many calls of imports may be under way at once; those of a program that an import runs are under way in it."""


class Stream(Protocol):
    """Takes the output of one program or shell, on the loop's thread."""

    async def take(self, fd: int, data: bytes) -> None:
        """Take ``data``; the program may be held back until this is done."""
        ...

    async def trace(self, calls: Sequence[TraceCall], dropped: int) -> None:
        """Take system calls, after ``dropped`` others that came too fast."""
        ...

    async def terminal(self, *, raw: bool) -> None:
        """Learn that the program takes the terminal's keys as they come, or not any more."""
        ...


ImportFunction = Callable[[str, str, Sequence[Any], int], Any]
"""Answers a call of an import: module, name, arguments, and the number that calls made from within it carry."""

Delivery = Callable[[Stream], Coroutine[Any, Any, None]]


class Peer:
    """Calls methods of the kernel worker from any thread, and hands out what it sends by itself.

    Its coroutines run on the loop that serves the socket; `call` blocks the thread it is called from.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ids = itertools.count(1)
        self._stream_ids = itertools.count(1)
        self._pending: dict[int, concurrent.futures.Future[Any]] = {}
        self._streams: dict[int, tuple[Stream, asyncio.Queue[tuple[str, Delivery]], asyncio.Task[None]]] = {}
        self._imports: dict[int, ImportFunction] = {}
        self._import_threads = concurrent.futures.ThreadPoolExecutor(IMPORT_THREADS, "aikernel-import")
        self.generation = 0
        self._event_listener: Callable[[Any], None] = lambda _: None
        self._socket: web.WebSocketResponse | None = None
        self._lock = threading.Lock()
        self._closed = False
        self.connected = threading.Event()

    async def serve(self, socket: web.WebSocketResponse) -> None:
        """Read the socket to its end; then every open call fails with ``HOST_CONNECTION_LOST``."""
        self._loop = asyncio.get_running_loop()
        self._socket = socket
        self.connected.set()
        try:
            async for message in socket:
                if message.type == WSMsgType.BINARY:
                    self._receive(decode(message.data))
        finally:
            with self._lock:
                self._closed = True
                pending, self._pending = self._pending, {}
            for future in pending.values():
                future.set_exception(_lost())
            for _, _, task in self._streams.values():
                task.cancel()
            self._import_threads.shutdown(wait=False, cancel_futures=True)

    def call(self, method: str, params: Mapping[str, object], *, timeout: float | None = REPLY_TIMEOUT) -> Any:
        """Call ``method`` and return its answer.

        Raises `KernelError` with the kernel's code, `HostError` with ``HOST_CONNECTION_LOST`` when the browser has gone
        and ``HOST_TIMEOUT`` when ``timeout`` seconds have passed (None waits for ever).
        """
        future = self.send(method, params)
        try:
            return future.result(timeout)
        except concurrent.futures.TimeoutError:
            message = f"The kernel has not answered {method!r} within {timeout} s."
            raise HostError(message, code="HOST_TIMEOUT") from None

    def send(self, method: str, params: Mapping[str, object]) -> concurrent.futures.Future[Any]:
        """Send a call and return the future of its answer."""
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        number = next(self._ids)
        frame = encode({"id": number, "method": method, "params": params})  # what cannot cross is the caller's error
        with self._lock:
            if self._closed or self._socket is None:
                raise _lost()
            self._pending[number] = future
        self._start(self._post(frame))
        return future

    def open_stream(self, stream: Stream) -> int:
        """Register ``stream`` and return the id under which the kernel sends it output."""

        async def register() -> int:
            number = next(self._stream_ids)
            queue: asyncio.Queue[tuple[str, Delivery]] = asyncio.Queue()
            task = asyncio.create_task(self._pump(number, stream, queue))
            self._streams[number] = (stream, queue, task)
            return number

        if self._loop is None:
            raise _lost()
        return asyncio.run_coroutine_threadsafe(register(), self._loop).result(REPLY_TIMEOUT)

    async def close_stream(self, number: int) -> None:
        """Wait until what has arrived for a stream was taken, then forget it. Runs on the loop."""
        entry = self._streams.pop(number, None)
        if entry is not None:
            _, queue, task = entry
            await queue.join()
            task.cancel()

    def open_imports(self, function: ImportFunction) -> int:
        """Answer calls of imports by ``function``, on a thread each, and return the id they are called under."""
        number = next(self._stream_ids)
        self._imports[number] = function
        return number

    def close_imports(self, number: int) -> None:
        """Answer no more calls of that id."""
        self._imports.pop(number, None)

    def on_event(self, listener: Callable[[Any], None]) -> None:
        """Call ``listener`` with every event of the kernel, on the loop's thread."""
        self._event_listener = listener

    def on_answer(self, future: concurrent.futures.Future[Any], then: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine on the loop when ``future`` is done, after all output that came before the answer."""
        future.add_done_callback(lambda _: self._start(then()))

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        if self._loop is None or self._loop.is_closed():
            coroutine.close()
        else:
            asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    async def _post(self, frame: bytes) -> None:
        if self._socket is not None and not self._socket.closed:
            await self._socket.send_bytes(frame)

    async def _pump(self, number: int, stream: Stream, queue: asyncio.Queue[tuple[str, Delivery]]) -> None:
        while True:
            acknowledgement, deliver = await queue.get()
            try:
                await deliver(stream)
            finally:
                queue.task_done()
                if acknowledgement:
                    await self._post(encode({"method": acknowledgement, "params": {"stream": number}}))

    def _receive(self, message: Any) -> None:
        method, params = message.get("method"), message.get("params")
        if method in _DELIVERIES:
            if params["stream"] in self._streams:
                acknowledgement, delivery = _DELIVERIES[method]
                self._streams[params["stream"]][1].put_nowait((acknowledgement, delivery(params)))
        elif method == "event":
            self._event_listener(params["event"])
        elif method == "import.call":
            self._answer_import(message["id"], params)
        else:
            with self._lock:
                future = self._pending.pop(message["id"], None)
            if future is None:
                return
            if "error" in message:
                future.set_exception(KernelError(message["error"]["message"], code=message["error"]["code"]))
            else:
                future.set_result(message.get("result"))

    def _answer_import(self, number: int, params: Mapping[str, Any]) -> None:
        function = self._imports.get(params["imports"])

        def run() -> None:
            try:
                if function is None:
                    raise LookupError("the process that it was given for has ended")
                answer: dict[str, object] = {
                    "result": function(params["module"], params["name"], params["args"], params["within"]),
                }
            except BaseException as error:  # the caller is on the other side, and waits
                message = str(error) if isinstance(error, KernelError) else f"{type(error).__name__}: {error}"
                answer = {"error": {"code": "WASM_IMPORT_FAILED", "message": message}}
            self._start(self._post(encode({"id": number, **answer})))

        self._import_threads.submit(run)


def _output(params: Any) -> Delivery:
    return lambda stream: stream.take(params["fd"], params["bytes"])


def _trace(params: Any) -> Delivery:
    calls = [trace_call(call) for call in params["calls"]]
    return lambda stream: stream.trace(calls, params["dropped"])


def _terminal(params: Any) -> Delivery:
    return lambda stream: stream.terminal(raw=params["raw"])


_DELIVERIES: dict[str, tuple[str, Callable[[Any], Delivery]]] = {
    "output": ("stream.ack", _output),
    "trace": ("trace.ack", _trace),
    "terminal": ("", _terminal),
}
"""What comes for a stream: how it is acknowledged, and how it is delivered."""


def trace_call(call: Mapping[str, Any]) -> TraceCall:
    """Return a system call as the kernel sends it."""
    return TraceCall(call["time"], call["name"], call["args"], call["result"], call["duration"])


def _lost() -> HostError:
    return HostError(
        "The connection to the kernel is closed: its browser has ended, crashed or left the page.",
        code="HOST_CONNECTION_LOST",
    )
