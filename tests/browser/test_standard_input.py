"""Standard input while a program runs: bytes, its end, much of it, and waiting for it in every way a program can."""

from __future__ import annotations

import random
import threading
import time
import zlib
from typing import TYPE_CHECKING, Any

from programs import compile_program

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel, HostProcess

PATIENCE = 120
MIB = 1 << 20


def start(kernel: HostKernel, *commands: str, **options: Any) -> HostProcess:
    """Start a script of file operations (tests/programs/dev_script.c)."""
    return kernel.spawn(compile_program("dev_script"), args=commands, timeout=PATIENCE, **options)


def answers(process: HostProcess) -> list[str]:
    done = process.wait()
    assert (done.exit_code, done.reason) == (0, "exited")
    return done.stdout.decode().splitlines()


def sums(data: bytes) -> str:
    """What `drain` prints."""
    return f"{len(data)} {zlib.adler32(data)}"


def test_bytes_arrive_as_they_are(kernel: HostKernel) -> None:
    process = start(kernel, "read 0 300", "read 0 9")
    process.stdin.write(b"\0\xff\n\r\x04\x03\xc3")
    assert process.stdout.read_until(b"\n") == rb'"\x00\xff\n\x0d\x04\x03\xc3"' + b"\n"
    process.stdin.close()
    assert answers(process)[1:] == ['""']


def test_a_character_may_come_in_pieces(kernel: HostKernel) -> None:
    process = start(kernel, "read 0 2", "read 0 9")
    process.stdin.write("€".encode()[:2])
    assert process.stdout.read_until(b"\n") == b'"\\xe2\\x82"\n'
    process.stdin.write("€".encode()[2:])
    assert answers(process)[1:] == [r'"\xac"']


def test_reading_stops_at_what_is_there(kernel: HostKernel) -> None:
    process = start(kernel, "read 0 2", "read 0 100", "read 0 100", stdin=b"abcde")
    assert answers(process) == ['"ab"', '"cde"', '""']


def test_the_end_stays_the_end(kernel: HostKernel) -> None:
    process = start(kernel, "read 0 9", "read 0 9", "poll 0 r 0")
    process.stdin.close()
    process.stdin.write(b"too late")
    assert answers(process) == ['""', '""', "in ready"]


def test_a_program_may_close_it(kernel: HostKernel) -> None:
    process = start(kernel, "close 0", "read 0 9", "open /dev/stdin r", "read 3 9", stdin=b"still there")
    assert answers(process)[:2] == ["0", "EBADF"]


def test_a_program_polls_it_on_a_clock(kernel: HostKernel) -> None:
    process = start(kernel, *["poll 0 r 5"] * 20, "poll 0 r 100000", "read 0 9", "poll 0 r 5")
    for _ in range(20):
        process.stdout.read_until(b"none\n")
    process.stdin.write(b"x")
    assert answers(process)[20:] == ["in ready", '"x"', "none"]


def test_a_program_that_does_not_want_to_wait_is_told(kernel: HostKernel) -> None:
    process = start(kernel, "open /dev/stdin rn", "read 3 9", "poll 3 r 100000", "read 3 9")
    process.stdout.read_until(b"EAGAIN\n")
    process.stdin.write(b"now")
    assert answers(process)[2:] == ["in ready", '"now"']


def test_100_mb_arrive_whole(kernel: HostKernel) -> None:
    data = random.Random(3).randbytes(100_000_000)
    process = start(kernel, "drain 0")
    for at in range(0, len(data), MIB):
        process.stdin.write(data[at : at + MIB])
    process.stdin.close()
    assert answers(process) == [sums(data)]


def test_100_mb_given_at_the_start_arrive_whole(kernel: HostKernel) -> None:
    data = bytes(range(250)) * 400_000
    assert answers(start(kernel, "drain 0", stdin=data)) == [sums(data)]


def test_who_writes_more_than_is_read_is_held_back(kernel: HostKernel) -> None:
    process = start(kernel, "open /dev/input/events r", "count 3 1", "drain 0")
    written = 0

    def write() -> None:
        nonlocal written
        for _ in range(16):
            process.stdin.write(bytes(MIB))
            written += MIB
        process.stdin.close()

    writer = threading.Thread(target=write)
    writer.start()
    writer.join(2)
    assert written == 4 * MIB
    process.send_input(bytes(32))
    assert answers(process)[2] == sums(bytes(16 * MIB))
    writer.join(PATIENCE)
    assert not writer.is_alive()


def test_who_is_held_back_goes_on_when_the_program_ends(kernel: HostKernel) -> None:
    process = start(kernel, "sleep 100000")
    writer = threading.Thread(target=process.stdin.write, args=(bytes(8 * MIB),))
    writer.start()
    time.sleep(0.2)
    process.kill()
    writer.join(PATIENCE)
    assert not writer.is_alive()
