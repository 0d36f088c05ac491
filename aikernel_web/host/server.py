"""The server of the built site, and of one WebSocket for the host that started it.

It answers requests that name it by an address or by a name of its own: a page elsewhere cannot reach it through a DNS
name that it points here. The WebSocket takes only a page of this very origin that knows a secret.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import secrets
import socket
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from aiohttp import WSCloseCode, web

from aikernel_web.host.errors import HostError
from aikernel_web.host.site.builder import build_site
from aikernel_web.host.static_files import HEADERS, SiteFiles, content_type

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aikernel_web.host.progress import Progress

CHANNEL_PATH: Final = "/_host"
MAX_MESSAGE: Final = 1 << 30  # bytes: modules, files and output travel whole
DEFAULT_PORT: Final = 8000
_PORTS_TRIED: Final = 50


class SiteServer:
    """Serves the folder ``root`` from a thread of its own; a context manager.

    Args:
        root: the built site.
        host: the address to listen at. At a loopback address only names of this machine's loopback are answered.
        port: the port; 0 takes a free one.
        channel: called with every WebSocket that was opened at `channel_url`; the socket closes when it returns.
    """

    def __init__(
        self,
        root: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        channel: Callable[[web.WebSocketResponse], Awaitable[None]] | None = None,
    ) -> None:
        self.root = Path(root).resolve()
        self.token = secrets.token_urlsafe(32)
        self._host = "127.0.0.1" if host == "localhost" else host  # one family, one port
        self._wanted_port = port
        self._channel = channel
        self._files = SiteFiles(self.root)
        self._sockets: set[web.WebSocketResponse] = set()
        self._port: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._farewell = asyncio.Event()  # every open channel was told that the server stops
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that it listens at."""
        if self._port is None:
            raise HostError("The server is not started: use it in a `with` block.", code="SITE_SERVER_FAILED")
        return self._port

    @property
    def url(self) -> str:
        """The address to open, with no slash at its end."""
        return f"http://{self._authority}:{self.port}"

    @property
    def channel_url(self) -> str:
        """The WebSocket's address, secret included."""
        return f"ws://{self._authority}:{self.port}{CHANNEL_PATH}?token={self.token}"

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of the server's thread, which the channel runs in."""
        if self._loop is None:
            raise HostError("The server is not started: use it in a `with` block.", code="SITE_SERVER_FAILED")
        return self._loop

    def start(self) -> None:
        """Listen.

        Raises:
            HostError: SITE_PORT_BUSY; SITE_SERVER_FAILED for anything else that stands against it.
        """
        started: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="site-server", daemon=True)
        self._thread.start()
        try:
            self._port = started.result()
        except (OSError, OverflowError) as error:  # OverflowError: a port above 65535
            self._thread.join()
            self._thread = None
            raise self._cannot_start(error) from error

    def close(self) -> None:
        """Stop listening and close what is open. A second call does nothing."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        loop, stopping = self._loop, self._stopping
        if loop is not None and stopping is not None:
            with suppress(RuntimeError):  # the loop has ended by itself
                loop.call_soon_threadsafe(stopping.set)
        thread.join()
        self._loop = self._stopping = self._port = None

    def __enter__(self) -> Self:
        if self._thread is None:
            self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _authority(self) -> str:
        if self._host in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared, not bound
            return "localhost"
        return f"[{self._host}]" if ":" in self._host else self._host

    def _run(self, started: Future[int]) -> None:
        try:
            asyncio.run(self._serve(started))
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    def _cannot_start(self, error: OSError | OverflowError) -> HostError:
        where = f"{self._host}:{self._wanted_port}"
        if getattr(error, "errno", None) == errno.EADDRINUSE or getattr(error, "winerror", None) in {10048, 10013}:
            return HostError.explain(
                f"The server cannot listen at {where}.",
                why="another program listens there.",
                advice="end that program, or name another port (--port).",
                code="SITE_PORT_BUSY",
            )
        return HostError.explain(
            f"The server cannot listen at {where}.",
            why=f"{error}.",
            advice="name an address of this machine (--host) and a port above 1023 (--port).",
            code="SITE_SERVER_FAILED",
        )

    async def _serve(self, started: Future[int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        application = web.Application(middlewares=[self._guard])
        application.on_response_prepare.append(_add_headers)
        application.router.add_get("/{path:.*}", self._answer)  # and HEAD
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._wanted_port).start()
            started.set_result(int(runner.addresses[0][1]))
            await self._stopping.wait()
            goodbyes = [one.close(code=WSCloseCode.GOING_AWAY, message=b"the server stops") for one in self._sockets]
            await asyncio.gather(*goodbyes)
            self._farewell.set()
        finally:
            await runner.cleanup()

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if not self._is_own_name(request.host):
            return _refuse(403, "This server does not answer to that host name.")
        return await handler(request)

    def _is_own_name(self, authority: str) -> bool:
        """Tell whether a Host header names this server; its port may differ, since tunnels have ports of their own.

        DNS rebinding needs a name that its owner can point at this machine. Names that nobody else controls are
        "localhost", this machine's own name, and addresses: any, where the caller asked to be seen beyond loopback.
        """
        name = authority[1:].partition("]")[0] if authority.startswith("[") else authority.partition(":")[0]
        name = name.lower().rstrip(".")
        if name in {"localhost", self._host.lower()}:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return not self._is_loopback() and name == socket.gethostname().lower()
        return address.is_loopback or not self._is_loopback()

    def _is_loopback(self) -> bool:
        try:
            return ipaddress.ip_address(self._host).is_loopback
        except ValueError:
            return False

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        if path == CHANNEL_PATH:
            return await self._open_channel(request)
        found = self._files.locate(path)
        file = None if found is None else await asyncio.to_thread(self._files.read, found, _known_tags(request))
        if found is None or file is None:
            return _refuse(404, "There is no such file.")
        content, tag = file
        headers = {"ETag": f'"{tag}"', "Content-Type": content_type(found)}
        if content is None:
            return web.Response(status=304, headers=headers)
        return web.Response(body=content, headers=headers)

    async def _open_channel(self, request: web.Request) -> web.StreamResponse:
        if self._channel is None:
            return _refuse(404, "This server has no channel.")
        offered = request.query.get("token", "").encode()
        # Browsers send Origin with every WebSocket, and a page cannot forge it.
        same_origin = request.headers.get("Origin", "").lower() == f"http://{request.host}".lower()
        if not (same_origin and secrets.compare_digest(offered, self.token.encode())):
            return _refuse(403, "The channel is for the page that the host has opened.")
        connection = web.WebSocketResponse(max_msg_size=MAX_MESSAGE, compress=False, timeout=1.0)
        if not connection.can_prepare(request).ok:
            return _refuse(400, "The channel is a WebSocket.")
        await connection.prepare(request)
        self._sockets.add(connection)
        try:
            await self._channel(connection)
        finally:
            if self._stopping is not None and self._stopping.is_set():
                await self._farewell.wait()  # the connection ends with this handler: not before its last words
            self._sockets.discard(connection)
            await connection.close()
        return connection


def serve_site(*, host: str = "127.0.0.1", port: int = DEFAULT_PORT, progress: Progress | None = None) -> None:
    """Build the site and serve it until Ctrl-C, after printing its address.

    Args:
        host: the address to listen at.
        port: the port; the next free one when it is busy.
        progress: told about the building.

    Raises:
        HostError: SITE_... as listed in `aikernel_web.host.errors`.
    """
    root = build_site(progress=progress)
    with suppress(KeyboardInterrupt), _listening(root, host, port) as server:
        sys.stdout.write(f"Serving {root}\nOpen {server.url}/   (Ctrl-C ends)\n")
        sys.stdout.flush()
        while True:
            time.sleep(3600)


def _listening(root: Path, host: str, port: int) -> SiteServer:
    """Return a started server at the first free port from ``port`` on."""
    last = port + _PORTS_TRIED - 1 if port else port
    while True:
        server = SiteServer(root, host=host, port=port)
        try:
            server.start()
        except HostError as error:
            if error.code != "SITE_PORT_BUSY" or port == last:
                raise
            port += 1
        else:
            return server


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _known_tags(request: web.Request) -> frozenset[str]:
    return frozenset(tag.value for tag in request.if_none_match or ())


def _refuse(status: int, message: str) -> web.Response:
    return web.Response(status=status, text=message + "\n")
