"""A kernel in a browser, driven from Python outside it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..contracts.clock_options import ClockOption, clock_of, seed_of
from ..contracts.engine import DEFAULT_COLUMNS, DEFAULT_ROWS, Quota
from ..contracts.observation import TraceCall
from .events import HostEvents
from .imports import HostImports, Imports
from .mounts import MountSource
from .paths import PathLike
from .peer import Peer
from .process import CompletedProcess, HostProcess
from .streams import Listeners
from .tree import build_tree, read_module

if TYPE_CHECKING:
    from playwright.sync_api import Page

OUTPUT_LIMIT = 256 * 1024 * 1024
"""Bytes of output that are kept for a program; one that writes more ends with the reason ``output``."""


class HostKernel:
    """A running kernel. Made by `launch`; a context manager that closes the browser at its end.

    ``page`` is the Playwright page that the kernel lives in, ``events`` what happened in it.
    """

    def __init__(self, peer: Peer, page: Page, site: Path, on_close: contextlib.ExitStack) -> None:
        self.page = page
        self.site = site
        self.events = HostEvents()
        self._peer = peer
        self._on_close = on_close
        self._errors: list[str] = []
        page.on("console", lambda message: self._errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._errors.append(str(error)))
        page.on("crash", lambda _: self._errors.append("The page crashed."))
        peer.on_event(self.events.add)
        peer.call("events.watch", {"pattern": "*"})

    def run(
        self,
        program: PathLike | bytes,
        args: Sequence[str] = (),
        *,
        argv0: str | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | str = b"",
        files: Mapping[str, bytes | str] | None = None,
        mounts: Mapping[str, MountSource] | None = None,
        timeout: float | None = None,
        output_limit: int | None = OUTPUT_LIMIT,
        memory_limit: int | None = None,
        quota: Quota | None = None,
        imports: Imports | None = None,
        trace: bool = False,
        terminal: bool = False,
        columns: int = DEFAULT_COLUMNS,
        rows: int = DEFAULT_ROWS,
        controllable: bool = True,
        clock: ClockOption = None,
        seed: int | None = None,
        deterministic: bool = False,
    ) -> CompletedProcess:
        """Run ``program`` to its end.

        Args:
            program: A module as a path or as bytes, or the name of a program of the site.
            args: The arguments after the program's name.
            argv0: The first argument, where it is not to be the file's name.
            env: The environment; empty unless given, nothing of the host's is in it.
            stdin: What the program reads, then end of file.
            files: Contents by absolute guest path, laid over ``mounts``.
            mounts: What the program finds by guest path: host directories, of which it gets a copy, `ReadOnly`,
                `Archive`, `Persistent` or `Memory`.
            timeout: Seconds of wall time; past them the program ends with the reason ``timeout``.
            output_limit: Bytes over both descriptors; past them it ends with the reason ``output``.
            memory_limit: Bytes of linear memory. The program's own attempt to grow past it fails; one that cannot start
                within it, or dies of it, ends with the reason ``memory``.
            quota: What its files in memory may take, and how many it may have open.
            imports: Functions by ``"module.name"`` or ``(module, name)``, for what the module imports of its own. Each
                call runs on a thread and may use the kernel, also the calling process (see `with_process`). What one
                raises traps the program with ``WASM_IMPORT_FAILED``.
            trace: Record system calls, for ``trace``.
            terminal: Whether descriptors 0 to 2 are a terminal of ``columns`` by ``rows``.
            columns: The width of that terminal.
            rows: Its height.
            controllable: False takes the yields out of ``fd_write`` and ``clock_time_get``.
            clock: What its clocks and sleeps go by: ``"real"``, ``"virtual"`` (sleeps take no time), ``"manual"`` (only
                ``time`` of a spawned process moves it), or a `ClockSpec`. The host's, if not given.
            seed: What its randomness is generated from, a whole number below 2**53.
            deterministic: Make every run with the same module, arguments, files and input the same: a virtual clock
                that begins at the epoch and the seed 0, unless given, and a program that waits for its display.

        Raises `HostError` with ``HOST_TIMEOUT`` when ``timeout`` has long passed and the kernel, busy with code of its
        own, does not tell the program's end.
        """
        process = self.spawn(
            program,
            args,
            argv0=argv0,
            env=env,
            stdin=stdin,
            files=files,
            mounts=mounts,
            timeout=timeout,
            output_limit=output_limit,
            memory_limit=memory_limit,
            quota=quota,
            imports=imports,
            trace=trace,
            terminal=terminal,
            columns=columns,
            rows=rows,
            controllable=controllable,
            clock=clock,
            seed=seed,
            deterministic=deterministic,
        )
        return process.wait()

    def spawn(
        self,
        program: PathLike | bytes,
        args: Sequence[str] = (),
        *,
        argv0: str | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | str | None = None,
        files: Mapping[str, bytes | str] | None = None,
        mounts: Mapping[str, MountSource] | None = None,
        timeout: float | None = None,
        output_limit: int | None = OUTPUT_LIMIT,
        memory_limit: int | None = None,
        quota: Quota | None = None,
        imports: Imports | None = None,
        stay: bool = False,
        trace: bool = False,
        terminal: bool = False,
        columns: int = DEFAULT_COLUMNS,
        rows: int = DEFAULT_ROWS,
        controllable: bool = True,
        clock: ClockOption = None,
        seed: int | None = None,
        deterministic: bool = False,
        state: bytes | bytearray | memoryview | None = None,
        on_output: Callable[[int, bytes], object] | None = None,
        on_trace: Callable[[Sequence[TraceCall], int], object] | None = None,
        on_terminal: Callable[[bool], object] | None = None,
    ) -> HostProcess:
        """Start ``program`` and return while it runs; the arguments are those of `run`.

        Standard input stays open unless ``stdin`` is given or the program is deterministic. With ``stay`` the program's
        instance is kept when its entry has returned, for `HostProcess.call`, until it is killed or terminated.

        With ``state``, of `HostProcess.save_state`, it begins where that program stood: neither its start section nor
        its entry is run. One that is damaged, or of another module, is refused with the codes of
        `HostProcess.restore_state`.

        ``on_output`` takes what the program writes instead of the process's ``stdout`` and ``stderr``; the program
        waits when it is slow. ``on_trace`` takes the system calls as they are made, and how many were left out before
        them, since a traced program does not wait. ``on_terminal`` learns when the program wants its terminal raw, and
        when no longer.
        """
        if isinstance(args, str | bytes):
            raise TypeError("args is one text: give a list of arguments, such as ['-v', 'file'].")
        for limit, number, meaning in (
            ("timeout", timeout, "seconds"),
            ("output_limit", output_limit, "bytes"),
            ("memory_limit", memory_limit, "bytes"),
        ):
            if number is not None and not isinstance(number, Real):
                raise TypeError(f"{limit} is {number!r}: give a number of {meaning}, or None.")
        if timeout is not None and not timeout > 0:
            raise ValueError(f"timeout is {timeout}: give a number of seconds above 0, or None for no limit.")
        if output_limit is not None and output_limit < 0:
            raise ValueError(f"output_limit is {output_limit}: give a number of bytes, or None for no limit.")
        if memory_limit is not None and memory_limit < 0:
            raise ValueError(f"memory_limit is {memory_limit}: give a number of bytes, or None for the module's own.")
        offered = HostImports(imports or {})
        name, module = read_module(program, self.site / "static" / "programs")
        params: dict[str, Any] = {
            "module": module,
            "args": list(args),
            "argv0": argv0,
            "env": dict(env or {}),
            "stdin": stdin.encode() if isinstance(stdin, str) else stdin,
            "timeout": timeout,
            "outputLimit": output_limit,
            "memoryLimit": memory_limit,
            "quota": {} if quota is None else dataclasses.asdict(quota),
            "stay": stay,
            "trace": trace or on_trace is not None,
            "terminal": terminal,
            "columns": columns,
            "rows": rows,
            "controllable": controllable,
            "clock": dataclasses.asdict(clock_of(clock, deterministic=deterministic)),
            "seed": seed_of(seed, deterministic=deterministic),
            "deterministic": deterministic,
            "state": None if state is None else memoryview(state),
            **build_tree(files, mounts),
        }
        return HostProcess(self._peer, name, params, offered, Listeners(on_output, on_trace, on_terminal))

    def python(self, code: str, *, timeout: float | None = None) -> Any:
        """Run ``code`` in the kernel's Python, where ``kernel`` is the kernel, and return its last value.

        Top-level ``await`` works. Raises `KernelError` with ``PYTHON_ERROR`` and the traceback when the code raises,
        and ``PYTHON_VALUE_NOT_PORTABLE`` when the value cannot leave the interpreter.
        """
        return self._peer.call("python.run", {"code": code}, timeout=timeout)

    def processes(self) -> list[dict[str, Any]]:
        """Return the process table: id, name, state, startedAt and exit of each process."""
        return list(self._peer.call("processes.list", {}))

    def reset(self) -> None:
        """Return to a clean kernel: no processes, no added programs, no events, a fresh Python namespace."""
        self._peer.call("kernel.reset", {})
        self._peer.generation += 1
        self.events.clear()
        self.take_errors()

    def restart_gpu(self) -> None:
        """End the browser's GPU process; a new one begins when the GPU is next used.

        Every device is lost by it, as by a crash. It is the only end of a kernel that never ends on a GPU in software,
        which has no system to watch over it.
        """
        session = self.page.context.new_cdp_session(self.page)
        session.send("Browser.crashGpuProcess")
        session.detach()

    def take_errors(self) -> list[str]:
        """Return, and forget, the errors that the page and its workers have logged since the last call."""
        # A call into Playwright hands out what the browser has sent since the last one.
        self.page.evaluate("() => 0")
        errors, self._errors = self._errors, []
        return errors

    def close(self) -> None:
        """Close the browser and the server."""
        self._on_close.close()

    def __enter__(self) -> HostKernel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
