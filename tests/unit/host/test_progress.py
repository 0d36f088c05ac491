from __future__ import annotations

import io
import threading
import time

import pytest

from aikernel_web.host.progress import Progress, SilentProgress, TerminalProgress


def wait_for(stream: io.StringIO, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in stream.getvalue():
        assert time.monotonic() < deadline, stream.getvalue()
        time.sleep(0.01)


def test_a_log_hears_nothing_of_short_steps() -> None:
    stream = io.StringIO()
    with TerminalProgress(stream).step("Quick"):
        pass
    assert stream.getvalue() == ""


def test_a_log_gets_a_line_for_a_long_step_and_one_at_its_end() -> None:
    stream = io.StringIO()
    with TerminalProgress(stream, patience=0.05, interval=60).step("Fetching x") as step:
        step.update(3_100_000, 6_500_000)
        wait_for(stream, "\n")
    first, last = stream.getvalue().splitlines()
    assert first == "Fetching x: 3.1 of 6.5 MB (47 %)"
    assert last.startswith("Fetching x: done (")
    assert last.endswith("6.5 MB)")


def test_a_failed_step_says_so() -> None:
    stream = io.StringIO()
    with pytest.raises(ValueError, match="no"), TerminalProgress(stream, patience=0).step("Work"):
        raise ValueError("no")
    assert "Work: failed" in stream.getvalue()


def test_a_terminal_gets_one_line_for_all_steps_and_it_is_wiped() -> None:
    stream = io.StringIO()
    progress = TerminalProgress(stream, interactive=True)
    with progress.step("One") as one, progress.step("Two"):
        one.update(500, 1000)
        wait_for(stream, "One: 0.5 of 1.0 kB (50 %)   Two ...")
    assert "\n" not in stream.getvalue()
    assert stream.getvalue().endswith("\r")


def test_steps_of_several_threads_do_not_mix_within_a_line() -> None:
    stream = io.StringIO()
    progress = TerminalProgress(stream, patience=0)

    def work(name: str) -> None:
        for _ in range(20):
            with progress.step(name):
                pass

    threads = [threading.Thread(target=work, args=(name * 20,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {line.split(":")[0].split(" ")[0] for line in stream.getvalue().splitlines()} == {
        "a" * 20,
        "b" * 20,
        "c" * 20,
    }


@pytest.mark.parametrize("progress", [SilentProgress(), TerminalProgress(io.StringIO())])
def test_both_kinds_are_progress(progress: Progress) -> None:
    with progress.step("Work") as step:
        step.update(1)
        step.update(1, 2)
