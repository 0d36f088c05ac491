"""The programs a kernel knows by name: those that came with the site and those that people gave it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from ..contracts.engine import BytesLike
from ..contracts.errors import KernelError

WASM_MAGIC = b"\0asm"
NAME_LIMIT = 128


@dataclass(frozen=True, slots=True)
class Program:
    """A program by name; ``size`` in bytes, ``source`` says where it came from."""

    name: str
    size: int
    source: Literal["site", "user"]
    summary: str = ""


class Programs:
    """Names to modules. Programs of the site are loaded when they are first run, and then kept."""

    def __init__(
        self, site: Iterable[Program] = (), *, load: Callable[[str], Awaitable[BytesLike]] | None = None
    ) -> None:
        self._site = {program.name: program for program in site}
        self._load = load
        self._loaded: dict[str, BytesLike] = {}
        self._user: dict[str, tuple[Program, BytesLike]] = {}

    def add(self, name: str, data: BytesLike) -> Program:
        """Make ``data`` runnable as ``name``; a program of that name is replaced.

        Raises `KernelError`: ``PROGRAM_NAME_INVALID``, ``WASM_MODULE_INVALID`` when the bytes are no module.
        """
        if not name or len(name) > NAME_LIMIT or not name.isprintable() or name != name.strip() or "/" in name:
            message = f"A program's name has 1 to {NAME_LIMIT} printable characters and no slash, not {name[:40]!r}."
            raise KernelError(message, code="PROGRAM_NAME_INVALID")
        size = len(data) if isinstance(data, bytes | bytearray | memoryview) else data.byteLength
        if _head(data) != WASM_MAGIC:
            message = f"{name!r} is no WebAssembly module: it does not start with the bytes 00 61 73 6d."
            raise KernelError(message, code="WASM_MODULE_INVALID")
        program = Program(name, size, "user")
        self._user[name] = (program, data)
        return program

    def list(self) -> tuple[Program, ...]:
        """Return every program, sorted by name."""
        known = self._site | {name: program for name, (program, _) in self._user.items()}
        return tuple(known[name] for name in sorted(known))

    async def find(self, name: str) -> BytesLike:
        """Return the module called ``name``, or ``name.wasm``. Raises `KernelError` with ``PROGRAM_NOT_FOUND``."""
        for candidate in (name, f"{name}.wasm"):
            if candidate in self._user:
                return self._user[candidate][1]
            if candidate in self._site and self._load is not None:
                if candidate not in self._loaded:
                    self._loaded[candidate] = await self._load(candidate)
                return self._loaded[candidate]
        known = ", ".join(program.name for program in self.list()) or "none"
        message = (
            f"There is no program called {name!r}. Known programs: {known}. Drop a .wasm file on the page to add one."
        )
        raise KernelError(message, code="PROGRAM_NOT_FOUND")

    def reset(self) -> None:
        """Forget the programs that were added; those of the site stay."""
        self._user.clear()


def _head(data: BytesLike) -> bytes:
    return bytes(data[:4]) if isinstance(data, bytes | bytearray | memoryview) else data.subarray(0, 4).to_bytes()
