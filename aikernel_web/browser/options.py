"""The options of a process, as JavaScript gives them."""

from __future__ import annotations

from typing import Any

from ..contracts.clock_options import ClockOption
from ..contracts.engine import (
    DEFAULT_COLUMNS,
    DEFAULT_ROWS,
    ArchiveMount,
    ClockSpec,
    DirectoryMount,
    MemoryMount,
    Mount,
    PersistentMount,
    Quota,
    TraceBatch,
)
from ..runtime.process_options import WasmProcessOptions
from .convert import optional


class PeerObserver:
    """Tells JavaScript what a program tells; events reach it over the bus."""

    def __init__(self, listener: Any) -> None:
        self._listener = listener

    def event(self, line: str) -> None:
        """Nothing: who wants it watches the bus."""

    def terminal(self, raw: bool) -> None:
        """Tell the wish for a raw terminal."""
        self._listener("terminal", raw)

    def trace(self, calls: TraceBatch) -> None:
        """Hand on system calls as they came."""
        self._listener("trace", calls.reference)


def read_options(options: Any) -> WasmProcessOptions:
    """Return the options that static/bridge/service.mjs gives for a process."""

    def field(name: str, default: Any) -> Any:
        value = optional(getattr(options, name, None))
        return default if value is None else value

    def converted(name: str, default: Any) -> Any:
        value = field(name, None)
        return default if value is None else value.to_py()

    env = converted("env", {})
    quota = converted("quota", {})
    observer = field("observer", None)
    return WasmProcessOptions(
        module_bytes=field("module", None),
        args=tuple(converted("args", ())),
        argv0=field("argv0", None),
        env=env,
        stdin=field("stdin", None),
        tree=field("tree", None),
        preopens=tuple(converted("preopens", ("/",))),
        timeout=field("timeout", None),
        output_limit=field("outputLimit", None),
        controllable=field("controllable", True),
        sink=field("sink", None),
        memory_limit=field("memoryLimit", None),
        quota=Quota(*(optional(quota.get(name)) for name in ("bytes", "files", "descriptors"))),
        mounts=tuple(_mount(mount) for mount in field("mounts", ())),
        imports=field("imports", None),
        observer=None if observer is None else PeerObserver(observer),
        stay=field("stay", False),
        trace=field("trace", False),
        terminal=field("terminal", False),
        columns=field("columns", DEFAULT_COLUMNS),
        rows=field("rows", DEFAULT_ROWS),
        clock=_clock(field("clock", None)),
        seed=field("seed", None),
        lossless=field("lossless", False),
        deterministic=field("deterministic", False),
        state=field("state", None),
    )


def _clock(clock: Any) -> ClockOption:
    """Return a clock that is given by its mode, or as an object of what is known of it."""
    if clock is None or isinstance(clock, str):
        return clock
    given = {name: value for name, value in clock.to_py().items() if optional(value) is not None}
    start = given.get("start")
    if isinstance(start, float) and start.is_integer():  # a number past 2**53
        given["start"] = int(start)
    return ClockSpec(**given)


def _mount(mount: Any) -> Mount:
    """Return a mount as static/bridge/service.mjs gives it."""
    match mount.kind:
        case "archive":
            return ArchiveMount(mount.path, mount.bytes, mount.readOnly)
        case "opfs":
            return PersistentMount(mount.path, mount.name, mount.readOnly)
        case "directory":
            return DirectoryMount(mount.path, mount.handle, mount.readOnly)
        case _:
            return MemoryMount(mount.path, mount.tree, mount.readOnly)
