"""The server as clients see it: a real one, asked through real sockets."""

from __future__ import annotations

import asyncio
import http.client
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from unit.loop import run_async

from aikernel_web.host.errors import HostError
from aikernel_web.host.server import SiteServer, _listening

SECRET = b"outside"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    (folder / "outside.txt").write_bytes(SECRET)
    root = folder / "site"
    files = {
        "index.html": b"<!doctype html>",
        "static/a.mjs": b"export {};",
        "static/a.wasm": b"\0asm",
        "static/a.json": b"{}",
        "static/a.whl": b"PK",
        "static/a.wat": b"(module)",
        "static/a.mjs.map": b"{}",
        "static/a.css": b"",
        "static/two words.txt": b"spaced",
        "static/big.bin": bytes(range(256)) * 20_000,
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    if os.name != "nt":
        (root / "static/link.txt").symlink_to(folder / "outside.txt")
        (root / "static/folder").symlink_to(folder)
        (root / "static/inner.mjs").symlink_to(root / "static/a.mjs")
    return root


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[SiteServer]:
    async def echo(connection: web.WebSocketResponse) -> None:
        async for message in connection:
            await connection.send_bytes(message.data)

    with SiteServer(site, channel=echo) as running:
        yield running


def ask(
    server: SiteServer, path: str, *, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Send ``path`` exactly as it is written."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=bool(headers and "Host" in headers))
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/static/a.mjs", "text/javascript; charset=utf-8"),
        ("/static/a.wasm", "application/wasm"),
        ("/static/a.json", "application/json"),
        ("/static/a.whl", "application/octet-stream"),
        ("/static/a.wat", "text/plain; charset=utf-8"),
        ("/static/a.mjs.map", "application/json"),
        ("/static/a.css", "text/css; charset=utf-8"),
        ("/static/two%20words.txt", "text/plain; charset=utf-8"),
        ("/static/a.mjs?v=1", "text/javascript; charset=utf-8"),
    ],
)
def test_files_have_their_media_types(server: SiteServer, path: str, kind: str) -> None:
    status, headers, _ = ask(server, path)
    assert (status, headers["Content-Type"]) == (200, kind)


@pytest.mark.parametrize("path", ["/", "/static/a.wasm", "/missing", "/static/"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_every_answer_carries_the_security_headers(server: SiteServer, path: str, method: str) -> None:
    _, headers, _ = ask(server, path, method=method)
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["worker-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.txt",
        "/static/../../outside.txt",
        "/%2e%2e/outside.txt",
        "/static/%2e%2e/%2e%2e/outside.txt",
        "/static/..%2f..%2foutside.txt",
        "/..%5coutside.txt",
        "/static/..\\..\\outside.txt",
        "//outside.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/C:/Windows/win.ini",
        "/static/a.mjs::$DATA",
        "/static/a.mjs%00.txt",
        "/%ff",
        "/static/link.txt",
        "/static/folder/outside.txt",
        "/static",
        "/static/",
        "/static//a.mjs",
        "/index.html/",
        "/./index.html",
    ],
)
def test_nothing_outside_the_folder_and_no_listing_is_given_out(server: SiteServer, path: str) -> None:
    status, _, body = ask(server, path)
    assert status in {400, 404}
    assert SECRET not in body
    assert b"root:" not in body


@pytest.mark.skipif(os.name == "nt", reason="needs a symbolic link")
def test_a_link_within_the_folder_is_followed(server: SiteServer) -> None:
    assert ask(server, "/static/inner.mjs")[2] == b"export {};"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_than_get_and_head_are_refused(server: SiteServer, method: str) -> None:
    assert ask(server, "/index.html", method=method)[0] == 405


def test_head_answers_without_a_body(server: SiteServer) -> None:
    status, headers, body = ask(server, "/static/big.bin", method="HEAD")
    assert (status, headers["Content-Length"], body) == (200, "5120000", b"")


def test_a_second_request_costs_no_download(server: SiteServer, site: Path) -> None:
    _, headers, body = ask(server, "/static/big.bin")
    assert body == (site / "static/big.bin").read_bytes()
    tag = headers["ETag"]
    assert not tag.startswith("W/")
    status, headers, body = ask(server, "/static/big.bin", headers={"If-None-Match": tag})
    assert (status, body, headers["ETag"]) == (304, b"", tag)
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_changed_file_has_another_tag(server: SiteServer, site: Path) -> None:
    file = site / "static/changing.txt"
    file.write_bytes(b"one")
    tag = ask(server, "/static/changing.txt")[1]["ETag"]
    stamp = file.stat()
    file.write_bytes(b"two")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1_000_000))
    status, _, body = ask(server, "/static/changing.txt", headers={"If-None-Match": tag})
    assert (status, body) == (200, b"two")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost", 200),
        ("LOCALHOST:9000", 200),
        ("[::1]:80", 200),
        ("127.0.0.1.evil.example", 403),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("192.168.1.5", 403),
        ("", 403),
    ],
)
def test_only_names_of_this_machine_are_answered(server: SiteServer, name: str, status: int) -> None:
    assert ask(server, "/", headers={"Host": name})[0] == status


def test_beyond_loopback_any_address_is_a_name_but_no_foreign_one(site: Path) -> None:
    with SiteServer(site, host="0.0.0.0") as server:
        assert server.url == f"http://localhost:{server.port}"
        assert ask(server, "/", headers={"Host": "192.168.1.5:8000"})[0] == 200
        assert ask(server, "/", headers={"Host": socket.gethostname()})[0] == 200
        assert ask(server, "/", headers={"Host": "evil.example"})[0] == 403


def connect(server: SiteServer, *, origin: str | None, token: str | None, data: bytes = b"hello") -> bytes | int:
    """Return what the channel answers to ``data``, or the status that it was refused with."""

    async def talk() -> bytes | int:
        headers = {} if origin is None else {"Origin": origin}
        query = {} if token is None else {"token": token}
        async with aiohttp.ClientSession() as session:
            try:
                async with session.ws_connect(
                    f"{server.url}/_host", params=query, headers=headers, max_msg_size=0
                ) as connection:
                    await connection.send_bytes(data)
                    return await connection.receive_bytes()
            except aiohttp.WSServerHandshakeError as error:
                return error.status

    return run_async(talk())


def test_the_channel_takes_the_page_that_knows_the_token(server: SiteServer) -> None:
    assert connect(server, origin=server.url, token=server.token) == b"hello"
    assert server.token in server.channel_url


def test_the_channel_carries_many_megabytes_in_one_message(server: SiteServer) -> None:
    data = bytes(48 * 1024 * 1024)
    assert connect(server, origin=server.url, token=server.token, data=data) == data


@pytest.mark.parametrize(
    ("origin", "token"),
    [
        ("own", None),
        ("own", "wrong"),
        ("own", "\u00e9"),
        (None, "right"),
        ("https://evil.example", "right"),
        ("http://127.0.0.1:1", "right"),
        ("null", "right"),
    ],
)
def test_the_channel_refuses_everybody_else(server: SiteServer, origin: str | None, token: str | None) -> None:
    sent_origin = server.url if origin == "own" else origin
    sent_token = server.token if token == "right" else token
    assert connect(server, origin=sent_origin, token=sent_token) == 403


def test_the_channel_is_not_a_file_and_not_there_without_a_host(server: SiteServer, site: Path) -> None:
    path = f"/_host?token={server.token}"
    assert ask(server, path, headers={"Origin": server.url})[0] == 400
    with SiteServer(site) as bare:
        assert ask(bare, f"/_host?token={bare.token}", headers={"Origin": bare.url})[0] == 404


def test_closing_ends_open_channels_and_frees_the_port(site: Path) -> None:
    async def hold(connection: web.WebSocketResponse) -> None:
        await connection.receive()

    server = SiteServer(site, channel=hold)
    server.start()
    port = server.port

    async def scenario() -> int | None:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(
                f"{server.url}/_host", params={"token": server.token}, headers={"Origin": server.url}
            ) as connection,
        ):
            closing = asyncio.create_task(asyncio.to_thread(server.close))
            await connection.receive()
            await closing
            return connection.close_code

    assert run_async(scenario()) == aiohttp.WSCloseCode.GOING_AWAY
    server.close()
    with SiteServer(site, port=port) as again:
        assert again.port == port


def test_serving_for_a_person_takes_the_next_port_when_one_is_busy(server: SiteServer, site: Path) -> None:
    with _listening(site, "127.0.0.1", server.port) as second:
        assert second.port > server.port
        assert ask(second, "/")[0] == 200


def test_a_busy_port_is_told_by_code(server: SiteServer, site: Path) -> None:
    with pytest.raises(HostError) as caught:
        SiteServer(site, port=server.port).start()
    assert caught.value.code == "SITE_PORT_BUSY"
    assert str(server.port) in str(caught.value)


@pytest.mark.parametrize(("host", "port"), [("203.0.113.1", 0), ("127.0.0.1", 70_000), ("no.such.host.invalid", 0)])
def test_an_address_that_cannot_be_had_is_told_by_code(site: Path, host: str, port: int) -> None:
    with pytest.raises(HostError) as caught:
        SiteServer(site, host=host, port=port).start()
    assert caught.value.code == "SITE_SERVER_FAILED"


def test_a_server_that_is_not_started_says_so(site: Path) -> None:
    with pytest.raises(HostError) as caught:
        _ = SiteServer(site).url
    assert caught.value.code == "SITE_SERVER_FAILED"
