"""``aik run`` as a shell starts it: streams, system calls, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from programs import compile_program

# A job that runs in the background of a script has SIGINT ignored, and so have its children; a person's shell has not.
HEARS_INTERRUPT = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
AIK = [sys.executable, "-c", f"{HEARS_INTERRUPT}; from aikernel_web.host.cli import main; main(prog_name='aik')", "run"]
PATIENCE = 180


@pytest.fixture
def running() -> Iterator[subprocess.Popen[bytes]]:
    """A program that reads numbers, in a process group of its own as a shell would put it."""
    with subprocess.Popen(
        [*AIK, "--strace", "--timeout", "3m", str(compile_program("sums"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # what `readline` took too much, `communicate` would not find
        start_new_session=True,
    ) as process:
        yield process
        process.kill()


def write_line(process: subprocess.Popen[bytes], line: bytes) -> bytes:
    """Write a line and return what the program answers to it."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line + b"\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    assert answer, process.stderr and process.stderr.read()
    return answer


@pytest.mark.skipif(sys.platform == "win32", reason="signals to groups are POSIX's")
def test_ctrl_c_ends_the_program_and_all_that_was_written_is_there(running: subprocess.Popen[bytes]) -> None:
    assert write_line(running, b"4") == b"> total 4\n"
    assert running.stdout is not None
    assert running.stderr is not None
    os.killpg(running.pid, signal.SIGINT)  # its input stays open: only the signal ends it
    rest, said = running.stdout.read(), running.stderr.read()
    assert running.wait(PATIENCE) == 130, said
    assert rest == b"> "
    assert b"fd_read(0" in said
    assert b"Traceback" not in said


def test_the_end_of_input_ends_the_program_with_its_own_exit_code(running: subprocess.Popen[bytes]) -> None:
    assert write_line(running, b"4") == b"> total 4\n"
    rest, said = running.communicate(timeout=PATIENCE)
    assert (running.returncode, rest) == (0, b"> bye 4\n"), said
