"""DOOM, a plain module with imports of its own: its clock, its screen and its keys are the test's."""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from registry import registry_program

from aikernel_web.host import with_process

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel, HostProcess

WIDTH, HEIGHT = 640, 400
STEP_MILLISECONDS = 28
PATIENCE = 300

# What wasmtime makes of the first 400 frames of the same game, given the same clock and the same keys.
FRAMES_HASH = "796e3a693426a4d9711e16ec8aa7f55309811270c39553bbba71ca8ee0cd29aa"

PRESS, RELEASE = 0, 1
ESCAPE, ENTER, LEFT, RIGHT, FORWARD, FIRE = 27, 13, 172, 174, 173, 157

# By step: through the menu into a new game, and on from there.
KEYS = {
    5: (PRESS, ESCAPE),
    6: (RELEASE, ESCAPE),
    15: (PRESS, ENTER),
    16: (RELEASE, ENTER),
    25: (PRESS, ENTER),
    26: (RELEASE, ENTER),
    35: (PRESS, ENTER),
    36: (RELEASE, ENTER),
    60: (PRESS, FORWARD),
    150: (RELEASE, FORWARD),
    151: (PRESS, RIGHT),
    180: (RELEASE, RIGHT),
    181: (PRESS, FORWARD),
    230: (PRESS, FIRE),
    232: (RELEASE, FIRE),
    260: (RELEASE, FORWARD),
    261: (PRESS, LEFT),
    300: (RELEASE, LEFT),
    301: (PRESS, FORWARD),
}


class Game:
    """A game in the browser, one step at a time."""

    def __init__(self, kernel: HostKernel) -> None:
        self.frames: list[bytes] = []
        self.said = bytearray()
        self.calls = 0
        self._milliseconds = 0
        self._hash = hashlib.sha256()
        self._steps = 0
        self.screen = b""
        self.process = kernel.spawn(
            registry_program("doom"),
            stay=True,
            imports={
                "js.js_milliseconds_since_start": self._clock,
                "js.js_draw_screen": with_process(self._draw),
                "js.js_stdout": with_process(self._say),
                "js.js_stderr": with_process(self._say),
                "js.js_console_log": with_process(self._say),
            },
        )
        self.process.call("main", 0, 0, timeout=PATIENCE)

    def play(self, frames: int) -> str:
        """Go on until that many frames were drawn; return the hash of all."""
        while len(self.frames) < frames:
            if self._steps in KEYS:
                self.process.call("add_browser_event", *KEYS[self._steps], timeout=PATIENCE)
            self._steps += 1
            self._milliseconds += STEP_MILLISECONDS
            self.process.call("doom_loop_step", timeout=PATIENCE)
        return self._hash.hexdigest()

    def end(self) -> None:
        self.process.kill()
        assert self.process.wait(timeout=PATIENCE).reason == "killed"

    def _clock(self) -> int:
        # The game waits in a loop for its next moment, so that every look at the clock must be later than the last.
        self.calls += 1
        self._milliseconds += 1
        return self._milliseconds

    def _draw(self, process: HostProcess, pointer: int) -> None:
        self.screen = process.memory.read(pointer, WIDTH * HEIGHT * 4)
        self._hash.update(self.screen)
        self.frames.append(hashlib.sha256(self.screen).digest())

    def _say(self, process: HostProcess, pointer: int, length: int) -> None:
        self.said += process.memory.read(pointer, length)


def png(width: int, height: int, rgba: bytes) -> bytes:
    """Return an image as a PNG file."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + rgba[y * width * 4 : (y + 1) * width * 4] for y in range(height))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_doom_starts_and_draws_its_title(kernel: HostKernel) -> None:
    game = Game(kernel)
    game.play(8)
    assert b"DOOM Shareware Startup v1.10" in game.said
    # Nearly all of the title is opaque and of many colours.
    colours = {game.screen[at : at + 4] for at in range(0, len(game.screen), 4)}
    assert len(colours) > 50
    assert {colour[3] for colour in colours} == {255}
    game.end()


@pytest.mark.deep
def test_doom_draws_the_same_four_hundred_frames_in_two_runs(kernel: HostKernel, tmp_path: Path) -> None:
    hashes = []
    for run in range(2):
        game = Game(kernel)
        hashes.append(game.play(400))
        assert len(set(game.frames)) > 300
        (tmp_path / f"frame-400-of-run-{run}.png").write_bytes(png(WIDTH, HEIGHT, game.screen))
        game.end()
    assert hashes == [FRAMES_HASH, FRAMES_HASH]
