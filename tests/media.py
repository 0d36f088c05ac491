"""A picture and a sound that real programs make and providers write down: `python tests/media.py` puts them into dist/.

DOOM draws its title in linear memory, from where the screenshot provider takes it; a C program plays a tone on
/dev/audio, which the audio provider collects.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from programs import compile_program
from registry import registry_program

from aikernel_web.host import launch

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

DIST = Path(__file__).parents[1] / "dist"
TITLE_WIDTH, TITLE_HEIGHT = 640, 400
TONE_RATE, TONE_HERTZ, TONE_MILLISECONDS = 44_100, 440, 1_000


def doom_title(kernel: HostKernel) -> bytes:
    """Return DOOM's title screen as a PNG file."""
    module = registry_program("doom").read_bytes()
    data: bytes = kernel.python(f"""
context = kernel.runtime.create_context()
pointers, milliseconds = [], [0]
def clock():
    milliseconds[0] += 1
    return milliseconds[0]
def ignore(*args):
    pass
imports = {{"milliseconds_since_start": clock, "draw_screen": pointers.append, "stdout": ignore, "stderr": ignore,
           "console_log": ignore}}
for name, function in imports.items():
    context.register_import(f"js.js_{{name}}", function)
await context.load_module({module!r})
context.call("main", 0, 0)
while len(pointers) < 8:
    milliseconds[0] += 28
    context.call("doom_loop_step")
screenshot = kernel.providers_of(context).screenshot
await screenshot.attach(pointers[-1], {TITLE_WIDTH}, height={TITLE_HEIGHT})
picture = await screenshot.png()
context.dispose()
picture
""")
    return data


def tone(kernel: HostKernel) -> bytes:
    """Return a second of the concert pitch as a WAV file."""
    module = compile_program("process/heap_devices").read_bytes()
    data: bytes = kernel.python(f"""
import asyncio
from aikernel_web import WasmAudioProvider, WasmProcessOptions
process = await kernel.processes.create_process("tone", WasmProcessOptions(module_bytes={module!r}, stay=True))
await process.start()
audio, frames = WasmAudioProvider(process), 0
call = asyncio.ensure_future(process.call("tone", {TONE_RATE}, {TONE_HERTZ}, {TONE_MILLISECONDS}))
while frames < {TONE_RATE * TONE_MILLISECONDS // 1000}:
    block = await audio.collect()
    frames += len(block.data) // 2 if block else 0
    await asyncio.sleep(0)
await call
await process.stop()
await audio.wav()
""")
    return data


def main() -> None:
    DIST.mkdir(exist_ok=True)
    with launch() as kernel:
        (DIST / "doom-title.png").write_bytes(doom_title(kernel))
        (DIST / "tone-440-hz.wav").write_bytes(tone(kernel))


if __name__ == "__main__":
    main()
