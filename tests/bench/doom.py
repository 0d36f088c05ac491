"""DOOM stepped from Python in an inline context, against the same loop in bare JavaScript in a worker of the same page.

Both play the same steps with the same keys, by turns: each copies every frame and looks at a part of it.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING

from doom_game import PATIENCE, load_game
from registry import registry_program

from aikernel_web.host.static_files import HEADERS

from .figures import number

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

ROUNDS = 20
STEPS = 50
GOAL = 0.9
WORKER = Path(__file__).with_name("doom_worker.mjs")

PLAYER = """
import time
from aikernel_web import ClockImport, WasmRuntimeContext

class Player(Game):
    # As in doom_worker.mjs: the clock is a counter, every frame is copied, and one of its bytes looked at.
    checksum = pointer = 0

    def new_context(self, options):
        return WasmRuntimeContext(engine=kernel.engine, options=options)

    def pass_time(self, milliseconds):
        self.now += milliseconds
        self.looks = 0

    def draw(self, pointer):
        if pointer != self.pointer:
            self.pointer, self.picture = pointer, self.context.memory_array(pointer, 640 * 400 * 4)
            self.frame = bytearray(self.picture.nbytes)
        self.picture.read_into(self.frame)
        self.checksum += self.frame[self.steps * 4099 % 1024000]

    def play(self, steps):
        step = self.step
        for _ in range(steps):
            if self.steps in KEYS:
                self.key(*KEYS[self.steps])
            self.steps += 1
            self.now += 28
            step()
            self.now += self.looks
            self.looks = 0

    def timed(self, steps):
        start = time.perf_counter()
        self.play(steps)
        return (time.perf_counter() - start) * 1000

class OnItsClock(Player):
    # The clock is the context's: Python moves it, and the game looks at it without a call of Python's.
    look = ClockImport(1_000_000, passes=1_000_000)

    def begin(self):
        self.context.call("main", 0, 0)

    def play(self, steps):
        step, control = self.step, self.context.control
        for _ in range(steps):
            if self.steps in KEYS:
                self.key(*KEYS[self.steps])
            self.steps += 1
            control("time.advance", 28_000_000)
            step()

class Told(Player):
    # The context's events are kept, and told to the page.
    new_context = Game.new_context

async def player(kind):
    game = await kind().load()
    game.begin()
    return game

players = {"inline": await player(Player), "clock": await player(OnItsClock), "told": await player(Told)}
None
"""
ROWS = {
    "bare": "bare JavaScript",
    "inline": "inline context",
    "clock": "its clock the context's",
    "told": "its events to the page",
}


def bench(kernel: HostKernel) -> None:
    load_game(kernel)
    kernel.python(PLAYER, timeout=PATIENCE)
    page = kernel.page
    page.route("**/bench/doom_worker.mjs", lambda route: route.fulfill(path=WORKER, headers=dict(HEADERS)))
    page.route("**/bench/doom.wasm", lambda route: route.fulfill(path=registry_program("doom")))
    keys = kernel.python("{str(step): list(key) for step, key in KEYS.items()}")
    page.evaluate(
        """async (keys) => {
          const worker = new Worker("/bench/doom_worker.mjs", { type: "module" });
          const ask = (message) => new Promise((resolve, reject) => {
            worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
            worker.onerror = (event) => reject(new Error(event.message));
            worker.postMessage(message);
          });
          const module = await (await fetch("/bench/doom.wasm")).arrayBuffer();
          await ask({ module, keys });
          globalThis.benchDoom = { ask, worker };
        }""",
        keys,
    )
    times: dict[str, list[float]] = {name: [] for name in ROWS}
    sums: list[object] = []
    for _ in range(ROUNDS):
        bare = page.evaluate(f"() => benchDoom.ask({STEPS})")
        times["bare"].append(bare["milliseconds"])
        for name in ("inline", "clock", "told"):
            times[name].append(kernel.python(f"players[{name!r}].timed({STEPS})", timeout=PATIENCE))
        sums.append((bare["checksum"], *kernel.python("[player.checksum for player in players.values()]")))
    page.evaluate("() => benchDoom.worker.terminate()")
    page.unroute("**/bench/*")
    kernel.python("for player in players.values(): player.context.dispose()")
    if any(len(set(row)) != 1 for row in sums):
        raise RuntimeError(f"the frames differ: {sums[-1]}")
    rates = {name: [STEPS / time * 1000 for time in each] for name, each in times.items()}
    for name, what in ROWS.items():
        ratio = statistics.median(own / bare for own, bare in zip(rates[name], rates["bare"], strict=True))
        line = f"doom: steps a second, {what:<24} median {number(statistics.median(rates[name])):>7}"
        if name != "bare":
            line += f"   of bare {ratio:.2f}"
        if name == "inline":
            line += f" >= {GOAL}: {'reached' if ratio >= GOAL else 'MISSED'}"
        print(line)
