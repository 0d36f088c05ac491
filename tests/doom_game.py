"""DOOM for the kernel's own interpreter: one step at a time, in an inline context, its clock the context's."""

from __future__ import annotations

import base64
import textwrap
from typing import TYPE_CHECKING, Any

from browser.test_doom import KEYS, STEP_MILLISECONDS
from registry import registry_program

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

PATIENCE = 600

GAME = f"""
import base64, hashlib
from aikernel_web.runtime.process_options import WasmProcessOptions

KEYS = {KEYS!r}
MILLISECOND = 1_000_000

class Game:
    def __init__(self):
        self.steps = self.looks = self.now = 0
        self.frames = []
        self.said = bytearray()
        self.context = self.new_context(WasmProcessOptions(clock="manual"))
        offered = dict(milliseconds_since_start=self.look, draw_screen=self.draw, stdout=self.say, stderr=self.say,
                       console_log=self.say)
        for name, function in offered.items():
            self.context.register_import(f"js.js_{{name}}", function)

    def new_context(self, options):
        return kernel.runtime.create_context(options=options)

    async def load(self):
        await self.context.load_module(module)
        self.step, self.key = self.context.exports["doom_loop_step"], self.context.exports["add_browser_event"]
        return self

    def begin(self):
        self.pass_time(0)
        self.context.call("main", 0, 0)
        self.pass_time(self.looks)

    def play(self, steps):
        for _ in range(steps):
            if self.steps in KEYS:
                self.key(*KEYS[self.steps])
            self.steps += 1
            self.now += {STEP_MILLISECONDS}
            self.step()
            self.pass_time({STEP_MILLISECONDS} + self.looks)
        return self.frames

    def pass_time(self, milliseconds):
        self.now = self.context.control("time.advance", milliseconds * MILLISECOND) // MILLISECOND
        self.looks = 0

    def look(self):
        # The game waits in a loop for its next moment, so that every look at the clock must be later than the last.
        self.looks += 1
        return self.now + self.looks

    def draw(self, pointer):
        self.frames.append(hashlib.sha256(self.context.read_memory(pointer, 640 * 400 * 4)).hexdigest())

    def say(self, pointer, length):
        self.said += self.context.read_memory(pointer, length)

    def save(self):
        return self.steps, self.context.save_state()

    def restore(self, saved):
        steps, state = saved
        self.context.restore_state(state)
        self.pass_time(0)
        self.steps = steps
        self.frames = []
"""


def load_game(kernel: HostKernel) -> None:
    """Put ``Game`` and the module's bytes into the kernel's namespace."""
    encoded = base64.b64encode(registry_program("doom").read_bytes()).decode()
    kernel.python(f'{GAME}\nmodule = base64.b64decode("{encoded}")\nNone', timeout=PATIENCE)


def play(kernel: HostKernel, body: str) -> Any:
    """Run ``body`` after `load_game`; the value of its last line is returned."""
    return kernel.python(textwrap.dedent(body), timeout=PATIENCE)
