"""What a program has written is seen: while it computes on without another call, and after it was killed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from programs import compile_program

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

PATIENCE = 60
LINES = 20_000
LAST = b"line %06d\n" % (LINES - 2)


def expected() -> tuple[bytes, bytes]:
    lines = [b"line %06d\n" % i for i in range(LINES)]
    said = b"".join(line for i, line in enumerate(lines) if i % 1000 != 999)
    return said, b"".join(lines[999::1000])


@pytest.mark.parametrize("controllable", [True, False])
def test_all_that_was_printed_before_a_long_silence_is_shown_while_it_lasts(
    kernel: HostKernel, controllable: bool
) -> None:
    process = kernel.spawn(compile_program("burst"), args=[str(LINES)], controllable=controllable)
    try:
        assert process.stdout.read_until(LAST, timeout=PATIENCE) == expected()[0]
        assert process.stderr.read_until(b"line %06d\n" % (LINES - 1), timeout=PATIENCE) == expected()[1]
    finally:
        process.kill()
    done = process.wait(timeout=PATIENCE)
    assert (done.stdout, done.stderr) == expected()


def test_a_timeout_keeps_all_that_was_printed(kernel: HostKernel) -> None:
    done = kernel.run(compile_program("burst"), args=[str(LINES)], timeout=2)
    assert done.reason == "timeout"
    assert (done.stdout, done.stderr) == expected()


def test_output_carries_the_time_it_was_sent(kernel: HostKernel) -> None:
    before = time.time()
    done = kernel.run(compile_program("nap"), args=["300"], timeout=PATIENCE)
    first, second = [line for line in done.lines if line.fd == 1]
    assert (first.text, second.text) == ("asleep", "awake")
    times = [moment if isinstance(moment, float) else moment.timestamp() for moment in (first.time, second.time)]
    assert before - 1 < times[0] <= times[1] - 0.29 < time.time() + 1


INTAKE = """async () => {
  const { OutputIntake } = await import("/static/bridge/output-intake.mjs");
  const { OutputTail, readTail } = await import("/static/process/output-tail.mjs");
  const tail = new OutputTail(64);
  const text = [];
  const intake = new OutputIntake((fd, bytes, time) => text.push(fd + new TextDecoder().decode(bytes)));
  const silence = () => new Promise((resolve) => setTimeout(resolve, 80));
  const encoder = new TextEncoder();
  let used = 0;
  let sent = 0;
  const write = (words) => {
    const bytes = encoder.encode(words);
    tail.bytes.set(bytes, used);
    tail.publish(used += bytes.length);
  };
  const send = () => {
    const message = { fd: 1, bytes: tail.bytes.slice(0, used), time: 0 };
    sent += used;
    used = 0;
    tail.empty(sent);
    return message;
  };
  intake.watch(tail.shared);
  write("ab");
  intake.receive(send());
  write("cd");
  await silence();          // fetched from the tail
  write("ef");
  intake.receive(send());   // half of it is known
  write("gh");
  const late = send();
  write("ij");
  await silence();          // what was sent before is on its way: nothing is fetched
  const held = text.join(" ");
  intake.receive(late);
  intake.close();           // killed: the rest is fetched
  const whole = text.join(" ");
  return { held, whole, left: readTail(tail.shared)?.position };
}"""


def test_each_byte_is_delivered_once_and_in_order(kernel: HostKernel) -> None:
    result = kernel.page.evaluate(INTAKE)
    assert result == {"held": "1ab 1cd 1ef", "whole": "1ab 1cd 1ef 1gh 1ij", "left": 8}
