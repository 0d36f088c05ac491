"""`wasi_unstable`, which older programs import: other layouts and other numbers than preview 1's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from programs import compile_program
from programs.expectations import ARGV0

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

    from .wasmtime_host import WasmtimeHost

PATIENCE = 60


def test_layouts_and_whence_are_those_of_preview_0(kernel: HostKernel, host: WasmtimeHost) -> None:
    program = compile_program("wasi/unstable")
    there = host.run(program)
    here = kernel.run(program, argv0=ARGV0, files={}, timeout=PATIENCE)
    assert here.stdout.decode() == there.stdout.decode()
    assert (here.exit_code, here.stderr) == (there.exit_code, there.stderr)
    assert dict(here.files("/")) == dict(there.left)
    times = "atim 1234567890123456789, mtim 987654321"
    assert f"file, 2 links, size 10, {times}, ino 1, dev 1, behind 1122334455667788" in here.stdout.decode()
    assert b"3 from the current: 8: ok" in here.stdout
    assert b"3 from the end: 13: ok" in here.stdout
    assert b"3 from the beginning: 3: ok" in here.stdout


def test_subscriptions_are_those_of_preview_0(kernel: HostKernel) -> None:
    # The adapter that gives wasmtime a preview 0 has no poll_oneoff: what must come out is plain.
    done = kernel.run(compile_program("wasi/unstable_poll"), argv0=ARGV0, files={}, timeout=PATIENCE)
    assert done.stdout.decode().splitlines() == [
        "poll two clocks: ok",
        "1 events, the first of 10, after a while: 1",
        "poll a late clock and stdout: ok",
        "1 events, the first of 12",
        "poll until long ago: ok",
        "1 events",
    ]
