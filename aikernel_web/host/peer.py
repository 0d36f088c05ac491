"""The host's end of the calls between it and the kernel worker (the other end is static/rpc.mjs)."""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
import threading
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from aiohttp import WSMsgType, web

from ..contracts.errors import KernelError
from .errors import HostError
from .wire import decode, encode

REPLY_TIMEOUT = 60.0
"""Seconds that a call may take which does not wait for a program or for code of the user's."""


class Stream(Protocol):
    """Takes the output of one program or shell, on the loop's thread."""

    async def take(self, fd: int, data: bytes) -> None:
        """Take ``data``; the program may be held back until this is done."""
        ...


class Peer:
    """Calls methods of the kernel worker from any thread, and hands out what it sends by itself.

    Its coroutines run on the loop that serves the socket; `call` blocks the thread it is called from.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ids = itertools.count(1)
        self._stream_ids = itertools.count(1)
        self._pending: dict[int, concurrent.futures.Future[Any]] = {}
        self._streams: dict[int, tuple[Stream, asyncio.Queue[tuple[int, bytes]], asyncio.Task[None]]] = {}
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
        with self._lock:
            if self._closed or self._socket is None:
                raise _lost()
            self._pending[number] = future
        self._start(self._post({"id": number, "method": method, "params": params}))
        return future

    def open_stream(self, stream: Stream) -> int:
        """Register ``stream`` and return the id under which the kernel sends it output."""

        async def register() -> int:
            number = next(self._stream_ids)
            queue: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
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

    async def _post(self, message: Mapping[str, object]) -> None:
        if self._socket is not None and not self._socket.closed:
            await self._socket.send_bytes(encode(message))

    async def _pump(self, number: int, stream: Stream, queue: asyncio.Queue[tuple[int, bytes]]) -> None:
        while True:
            fd, data = await queue.get()
            try:
                await stream.take(fd, data)
            finally:
                queue.task_done()
                await self._post({"method": "stream.ack", "params": {"stream": number}})

    def _receive(self, message: Any) -> None:
        method, params = message.get("method"), message.get("params")
        if method == "output":
            if params["stream"] in self._streams:
                self._streams[params["stream"]][1].put_nowait((params["fd"], params["bytes"]))
        elif method == "event":
            self._event_listener(params["event"])
        else:
            with self._lock:
                future = self._pending.pop(message["id"], None)
            if future is None:
                return
            if "error" in message:
                future.set_exception(KernelError(message["error"]["message"], code=message["error"]["code"]))
            else:
                future.set_result(message.get("result"))


def _lost() -> HostError:
    return HostError(
        "The connection to the kernel is closed: its browser has ended, crashed or left the page.",
        code="HOST_CONNECTION_LOST",
    )
