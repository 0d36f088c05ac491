"""The display of the console page: the picture of a program, pixel by pixel, and what people do there for it."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from programs import compile_program
from test_console_page import PATIENCE, Console, console

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from aikernel_web.host import HostKernel, HostProcess

__all__ = ["console"]  # the fixture

PIXELS = """() => {
  const canvas = document.getElementById("display");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.width, canvas.height, [...data]];
}"""
BYTES_PER_PIXEL = {"rgba8888": 4, "bgra8888": 4, "rgb888": 3, "rgb565": 2, "gray8": 1, "indexed8": 1}
UP, DOWN, REPEAT, MOVE = range(4)
KEY, POINTER, WHEEL, BUTTON, AXIS = range(1, 6)


def drawn(width: int, height: int, layout: str, number: int = 1) -> bytes:
    """Return what tests/programs/dev_canvas.c draws as its n-th picture."""
    size = width * height * BYTES_PER_PIXEL[layout]
    alpha = layout.endswith("8888")
    return bytes(255 if alpha and i % 4 == 3 else (i * 7 + number) % 256 for i in range(size))


def rgba(data: bytes, layout: str) -> bytes:
    """Return a picture as a canvas has it; written from the words of static/include/aikernel.h."""
    match layout:
        case "rgba8888":
            return data
        case "bgra8888":
            return b"".join(bytes((r, g, b, a)) for b, g, r, a in struct.iter_unpack("4B", data))
        case "rgb888":
            return b"".join(bytes((*pixel, 255)) for pixel in struct.iter_unpack("3B", data))
        case "gray8":
            return b"".join(bytes((shade, shade, shade, 255)) for shade in data)
        case "indexed8":
            return b"".join(b"\x11\x22\x33\xff" if i == 7 else bytes((i, i, i, 255)) for i in data)
        case _:
            words = (word for (word,) in struct.iter_unpack("<H", data))
            return b"".join(
                bytes((round_up(word >> 11, 5), round_up(word >> 5 & 63, 6), round_up(word & 31, 5), 255))
                for word in words
            )


def round_up(value: int, bits: int) -> int:
    """Return a value of so many bits as one of eight: the upper bits again below."""
    return (value << (8 - bits)) | (value >> (2 * bits - 8))


class Display:
    """The display pane, as a person sees it."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.page: Page = console.page
        self.pane: Locator = self.page.locator("#display-pane")
        self.canvas: Locator = self.page.get_by_role("application")

    def run(self, *args: object) -> None:
        """Run tests/programs/dev_canvas.c in the terminal and wait until it has drawn."""
        self.console.enter(f"aik run canvas {' '.join(map(str, args))}")
        self.console.wait_for_row("drawn")

    def pixels(self) -> tuple[int, int, bytes]:
        width, height, data = self.page.evaluate(PIXELS)
        return width, height, bytes(data)

    def wait(self, reached: Callable[[], bool], what: str) -> None:
        for _ in range(PATIENCE // 20):
            if reached():
                return
            self.page.wait_for_timeout(20)
        pytest.fail(what)

    def wait_for(self, width: int, height: int, data: bytes) -> None:
        """Wait until the canvas has exactly these pixels."""
        self.wait(lambda: self.pixels() == (width, height, data), "The picture is another")


@pytest.fixture
def display(console: Console) -> Iterator[Display]:
    console.add("canvas", compile_program("dev_canvas").read_bytes())
    yield Display(console)
    console.press("Control+c")


@pytest.fixture
def size(display: Display) -> Iterator[Callable[[int, int], None]]:
    before = display.page.viewport_size
    yield lambda width, height: display.page.set_viewport_size({"width": width, "height": height})
    assert before is not None
    display.page.set_viewport_size(before)


def spawn(kernel: HostKernel, *args: object) -> HostProcess:
    return kernel.spawn(compile_program("dev_canvas"), args=[str(arg) for arg in args])


class TestPicture:
    @pytest.mark.parametrize("layout", BYTES_PER_PIXEL)
    def test_the_canvas_has_the_pixels_that_the_program_drew(self, display: Display, layout: str) -> None:
        display.run(33, 17, layout)
        expect(display.pane).to_be_visible(timeout=PATIENCE)
        display.wait_for(33, 17, rgba(drawn(33, 17, layout), layout))

    def test_there_is_no_display_before_a_program_draws(self, display: Display) -> None:
        expect(display.pane).to_be_hidden()
        display.console.run("aik ps")
        expect(display.pane).to_be_hidden()

    def test_the_bar_tells_program_size_and_rate(self, display: Display) -> None:
        display.run(64, 40, "rgba8888", "again")
        expect(display.page.locator("#display-name")).to_have_text("canvas")
        expect(display.page.locator("#display-size")).to_have_text("64 \u00d7 40")
        expect(display.page.locator("#display-rate")).to_have_text(re.compile(r"\d+ fps"), timeout=PATIENCE)

    def test_the_last_picture_stays_when_the_program_has_ended(self, display: Display) -> None:
        display.run(8, 8, "gray8")
        expect(display.page.locator("#display-rate")).to_have_text("ended", timeout=PATIENCE)
        display.wait_for(8, 8, rgba(drawn(8, 8, "gray8"), "gray8"))

    def test_a_new_geometry_is_shown_with_its_own_pixels(self, display: Display) -> None:
        display.run(20, 10, "rgb888", "grow")
        display.wait_for(20, 10, rgba(drawn(20, 10, "rgb888"), "rgb888"))
        display.console.enter("")
        display.wait_for(40, 20, rgba(drawn(40, 20, "rgb888", 2), "rgb888"))
        expect(display.page.locator("#display-size")).to_have_text("40 \u00d7 20")
        expect(display.canvas).to_have_accessible_name("Picture of canvas, 40 by 20 pixels")

    def test_the_newest_picture_is_shown_when_many_come(self, display: Display) -> None:
        display.run(4, 1, "gray8", "again")
        display.wait(lambda: display.pixels()[2][0] > 100, "No later picture")

    @pytest.mark.parametrize("viewport", [(1280, 720), (800, 720), (800, 1100), (500, 900)])
    def test_each_pixel_covers_whole_pixels_of_the_screen(
        self, display: Display, size: Callable[[int, int], None], viewport: tuple[int, int]
    ) -> None:
        size(*viewport)
        display.run(64, 40, "gray8", "stay")
        expect(display.canvas).to_be_visible(timeout=PATIENCE)
        box = display.canvas.bounding_box()
        assert box is not None
        scale = box["width"] / 64
        assert scale == int(scale) >= 4
        assert box["height"] / 40 == scale
        assert box["width"] <= viewport[0]
        assert display.canvas.evaluate("(canvas) => getComputedStyle(canvas).imageRendering") == "pixelated"

    def test_a_picture_that_is_too_large_is_made_to_fit(self, display: Display) -> None:
        display.run(1600, 200, "gray8", "stay")
        expect(display.canvas).to_be_visible(timeout=PATIENCE)
        box, room = display.canvas.bounding_box(), display.page.locator("#display-room").bounding_box()
        assert box is not None
        assert room is not None
        assert box["width"] == pytest.approx(room["width"], abs=1)
        assert box["width"] / box["height"] == pytest.approx(8, rel=0.01)

    @pytest.mark.parametrize("viewport", [(1280, 720), (800, 720)])
    def test_a_picture_of_640_by_400_has_room_at_its_own_size(
        self, display: Display, size: Callable[[int, int], None], viewport: tuple[int, int]
    ) -> None:
        size(*viewport)
        display.run(640, 400, "gray8", "stay")
        expect(display.canvas).to_be_visible(timeout=PATIENCE)
        box = display.canvas.bounding_box()
        assert box is not None
        assert (box["width"], box["height"]) == (640, 400)
        assert box["y"] + box["height"] <= viewport[1]
        terminal = display.page.locator("#terminal").bounding_box()
        assert terminal is not None
        assert terminal["y"] + 100 < viewport[1]

    def test_the_picture_is_saved_as_png(self, display: Display, tmp_path: Path) -> None:
        display.run(30, 20, "gray8", "stay")
        expect(display.canvas).to_be_visible(timeout=PATIENCE)
        with display.page.expect_download() as download:
            display.page.get_by_role("button", name="Save PNG").click()
        assert download.value.suggested_filename == "canvas-1.png"
        download.value.save_as(tmp_path / "saved.png")
        saved = (tmp_path / "saved.png").read_bytes()
        assert saved[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", saved[16:24]) == (30, 20)


class TestInput:
    @pytest.fixture
    def playing(self, display: Display) -> Display:
        display.run(64, 40, "gray8", "input")
        expect(display.canvas).to_be_visible(timeout=PATIENCE)
        display.page.keyboard.press("F6")
        expect(display.canvas).to_be_focused()
        return display

    def records(self, display: Display, kernel: HostKernel) -> list[list[int]]:
        """End the program by its key; return what it has printed."""
        display.page.keyboard.press("q")
        display.console.wait_for_prompt()
        lines = kernel.python("[text for _, text in kernel.processes.list_processes()[-1].program.log()]")
        return [[int(word) for word in line.split()] for line in lines[1:]]

    def test_keys_arrive_by_place_and_by_what_they_type(self, playing: Display, kernel: HostKernel) -> None:
        for key in ("a", "Escape", "Tab", "Shift+B", "ArrowLeft", "Control+c", "Space", "F5"):
            playing.page.keyboard.press(key)
        assert self.records(playing, kernel) == [
            [KEY, DOWN, 4, 0, 0, 0, ord("a")],
            [KEY, UP, 4, 0, 0, 0, ord("a")],
            [KEY, DOWN, 41, 0, 0, 0, 0],
            [KEY, UP, 41, 0, 0, 0, 0],
            [KEY, DOWN, 43, 0, 0, 0, 0],
            [KEY, UP, 43, 0, 0, 0, 0],
            [KEY, DOWN, 225, 1, 0, 0, 0],
            [KEY, DOWN, 5, 1, 0, 0, ord("B")],
            [KEY, UP, 5, 1, 0, 0, ord("B")],
            [KEY, UP, 225, 0, 0, 0, 0],
            [KEY, DOWN, 80, 0, 0, 0, 0],
            [KEY, UP, 80, 0, 0, 0, 0],
            [KEY, DOWN, 224, 2, 0, 0, 0],
            [KEY, DOWN, 6, 2, 0, 0, ord("c")],
            [KEY, UP, 6, 2, 0, 0, ord("c")],
            [KEY, UP, 224, 0, 0, 0, 0],
            [KEY, DOWN, 44, 0, 0, 0, 32],
            [KEY, UP, 44, 0, 0, 0, 32],
            [KEY, DOWN, 62, 0, 0, 0, 0],
            [KEY, UP, 62, 0, 0, 0, 0],
            [KEY, DOWN, 20, 0, 0, 0, ord("q")],
        ]

    def test_f6_leaves_and_lets_go_of_what_is_held(self, playing: Display, kernel: HostKernel) -> None:
        playing.page.keyboard.down("w")
        playing.page.keyboard.down("w")
        playing.page.keyboard.press("F6")
        expect(playing.page.get_by_role("toolbar", name="Display tools")).to_be_focused()
        playing.page.keyboard.up("w")
        playing.page.keyboard.press("Shift+F6")
        expect(playing.canvas).to_be_focused()
        assert self.records(playing, kernel) == [
            [KEY, DOWN, 26, 0, 0, 0, ord("w")],
            [KEY, REPEAT, 26, 0, 0, 0, ord("w")],
            [KEY, UP, 26, 0, 0, 0, 0],
            [KEY, DOWN, 20, 0, 0, 0, ord("q")],
        ]

    def test_keys_go_to_the_program_only_while_the_picture_has_the_focus(
        self, playing: Display, kernel: HostKernel
    ) -> None:
        playing.console.type("x")
        playing.console.press("Backspace")
        playing.canvas.focus()
        assert self.records(playing, kernel) == [[KEY, DOWN, 20, 0, 0, 0, ord("q")]]

    def test_the_pointer_arrives_in_pixels_of_the_picture(self, playing: Display, kernel: HostKernel) -> None:
        box = playing.canvas.bounding_box()
        assert box is not None
        scale = box["width"] / 64
        mouse = playing.page.mouse
        mouse.move(box["x"] + 10.5 * scale, box["y"] + 20.5 * scale)
        mouse.down()
        mouse.move(box["x"] + 63.5 * scale, box["y"] + 39.5 * scale)
        mouse.move(box["x"] + 80 * scale, box["y"] - 5 * scale)  # outside: it is held by the canvas
        mouse.move(box["x"] + 63.5 * scale, box["y"] + 39.5 * scale)
        mouse.down(button="right")
        mouse.up(button="right")
        mouse.up()
        mouse.move(box["x"] + 1.5 * scale, box["y"] + 2.5 * scale)
        mouse.wheel(0, 120)
        playing.wait(lambda: any(row.startswith("3 ") for row in playing.console.rows()), "No wheel")
        assert self.records(playing, kernel)[:-1] == [
            [POINTER, MOVE, 0, 0, 10, 20, 0],
            [POINTER, DOWN, 0, 0, 10, 20, 1],
            [POINTER, MOVE, 0, 0, 63, 39, 1],
            [POINTER, MOVE, 0, 0, 63, 0, 1],
            [POINTER, MOVE, 0, 0, 63, 39, 1],
            [POINTER, DOWN, 2, 0, 63, 39, 3],
            [POINTER, UP, 2, 0, 63, 39, 1],
            [POINTER, UP, 0, 0, 63, 39, 0],
            [POINTER, MOVE, 0, 0, 1, 2, 0],
            [WHEEL, MOVE, 0, 0, 0, 120, 0],
        ]


class TestRouting:
    def test_a_program_without_the_terminal_is_shown_when_it_is_picked(
        self, display: Display, kernel: HostKernel
    ) -> None:
        behind = spawn(kernel, 10, 10, "gray8", "stay")
        behind.stdout.read_until(b"drawn\n")
        expect(display.pane).to_be_hidden()
        show = display.console.process("dev_canvas.wasm").get_by_role("button", name="Show")
        show.click(timeout=PATIENCE)
        display.wait_for(10, 10, rgba(drawn(10, 10, "gray8"), "gray8"))
        expect(show).to_have_attribute("aria-pressed", "true")
        show.click()
        expect(display.pane).to_be_hidden()
        expect(show).to_have_attribute("aria-pressed", "false")
        behind.kill()

    def test_the_program_in_the_terminal_takes_the_display_when_it_draws(
        self, display: Display, kernel: HostKernel
    ) -> None:
        behind = spawn(kernel, 10, 10, "gray8", "stay")
        show = display.console.process("dev_canvas.wasm").get_by_role("button", name="Show")
        show.click(timeout=PATIENCE)
        expect(display.page.locator("#display-name")).to_have_text("dev_canvas.wasm")
        display.run(12, 6, "gray8", "stay")
        expect(display.page.locator("#display-name")).to_have_text("canvas", timeout=PATIENCE)
        display.wait_for(12, 6, rgba(drawn(12, 6, "gray8"), "gray8"))
        expect(show).to_have_attribute("aria-pressed", "false")
        show.click()
        display.wait_for(10, 10, rgba(drawn(10, 10, "gray8"), "gray8"))
        behind.kill()

    def test_a_program_that_has_drawn_nothing_says_so(self, display: Display, kernel: HostKernel) -> None:
        silent = kernel.spawn(compile_program("cat"))
        display.console.process("cat.wasm").get_by_role("button", name="Show").click(timeout=PATIENCE)
        expect(display.page.locator("#display-empty")).to_have_text("cat.wasm has shown no picture yet.")
        expect(display.canvas).to_be_hidden()
        silent.kill()
        expect(display.page.locator("#display-empty")).to_have_text("cat.wasm has ended and shown no picture.")

    def test_closing_leaves_the_program_alone(self, display: Display) -> None:
        display.run(10, 10, "gray8", "stay")
        expect(display.canvas).to_be_visible(timeout=PATIENCE)
        display.canvas.focus()
        display.page.get_by_role("button", name="Close").click()
        expect(display.pane).to_be_hidden()
        expect(display.console.input).to_be_focused()
        expect(display.console.process("canvas")).to_contain_text("Running")

    def test_a_reset_takes_the_picture_with_the_process(self, display: Display, kernel: HostKernel) -> None:
        display.run(10, 10, "gray8")
        expect(display.canvas).to_be_visible(timeout=PATIENCE)
        kernel.reset()
        expect(display.pane).to_be_hidden(timeout=PATIENCE)


EMBED = """async ([bytes, args, wanted]) => {
  const kernel = await globalThis.aikernel.kernel;
  const process = await kernel.spawn("embedded", new Uint8Array(bytes), { args });
  try {
    return await (%s)(process, wanted, kernel);
  } finally {
    await process.kill();
  }
}"""


def embed(page: Page, use: str, *args: object, wanted: Any = None) -> Any:
    module = list(compile_program("dev_canvas").read_bytes())
    return page.evaluate(EMBED % use, [module, [str(arg) for arg in args], wanted])


class TestEmbedding:
    def test_frames_come_as_the_program_shows_them_and_end_with_it(self, kernel_page: Page) -> None:
        frames = embed(
            kernel_page,
            """async (process) => {
              const frames = [];
              for await (const { width, height, format, sequence, bytes } of process.frames()) {
                frames.push([width, height, format, sequence, [...bytes]]);
              }
              return frames;
            }""",
            5,
            3,
            "gray8",
        )
        assert [(*frame[:4], bytes(frame[4])) for frame in frames] == [(5, 3, "gray8", 1, drawn(5, 3, "gray8"))]

    def test_who_is_slow_gets_the_newest_frames(self, kernel_page: Page) -> None:
        sequences = embed(
            kernel_page,
            """async (process) => {
              const sequences = [];
              for await (const { sequence } of process.frames()) {
                sequences.push(sequence);
                if (sequences.length === 4) return sequences;
                await new Promise((resolve) => setTimeout(resolve, 150));
              }
            }""",
            4,
            4,
            "gray8",
            "again",
        )
        assert sequences == sorted(set(sequences))
        assert sequences[-1] - sequences[0] > 4

    def test_a_canvas_is_attached_and_gives_the_program_its_keys(self, kernel_page: Page) -> None:
        said, pixels = embed(
            kernel_page,
            """async (process) => {
              const canvas = document.body.appendChild(document.createElement("canvas"));
              const detach = await process.attachDisplay(canvas);
              while (canvas.width !== 6) await new Promise(requestAnimationFrame);
              const { data } = canvas.getContext("2d").getImageData(0, 0, 6, 2);
              canvas.focus();
              for (const [code, key] of [["KeyH", "h"], ["KeyQ", "q"]]) {
                canvas.dispatchEvent(new KeyboardEvent("keydown", { code, key, cancelable: true }));
              }
              await process.exit;
              detach();
              canvas.remove();
              const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
              let said = "";
              for (let part; !(part = await reader.read()).done; ) said += part.value;
              return [said, [...data]];
            }""",
            6,
            2,
            "rgb565",
            "input",
        )
        assert bytes(pixels) == rgba(drawn(6, 2, "rgb565"), "rgb565")
        assert said.splitlines() == ["drawn", "1 1 11 0 0 0 104", "1 1 20 0 0 0 113"]

    def test_a_gamepad_is_told_by_what_changes(self, kernel_page: Page) -> None:
        # A gamepad is hardware: the page's own function answers in its place.
        said = embed(
            kernel_page,
            """async (process) => {
              const canvas = document.body.appendChild(document.createElement("canvas"));
              const up = { pressed: false, value: 0 };
              const pad = { index: 1, buttons: [up, up], axes: [0, 0] };
              navigator.getGamepads = () => [null, pad];
              const frames = async (count) => {
                while (count-- > 0) await new Promise(requestAnimationFrame);
              };
              const detach = await process.attachDisplay(canvas);
              canvas.focus();
              await frames(3);
              pad.buttons[1] = { pressed: true, value: 1 };
              pad.axes[0] = -0.5;
              await frames(3);
              pad.buttons[1] = { pressed: true, value: 0.5 };
              await frames(3);
              canvas.blur();
              await frames(3);
              canvas.focus();
              canvas.dispatchEvent(new KeyboardEvent("keydown", { code: "KeyQ", key: "q", cancelable: true }));
              await process.exit;
              detach();
              canvas.remove();
              delete navigator.getGamepads;
              let said = "";
              for await (const part of process.stdout) said += new TextDecoder().decode(part);
              return said;
            }""",
            6,
            2,
            "gray8",
            "input",
        )
        buttons = [[int(word) for word in line.split()] for line in said.splitlines()[1:] if line[0] in "45"]
        assert buttons[:5] == [
            [BUTTON, DOWN, 1, 0, 0, 0, 32_767],
            [AXIS, MOVE, 0, 0, 0, 0, -16_383],
            [BUTTON, MOVE, 1, 0, 0, 0, 16_384],
            [BUTTON, UP, 1, 0, 0, 0, 0],
            [AXIS, MOVE, 0, 0, 0, 0, 0],
        ]

    def test_watching_what_is_not_there_is_refused(self, kernel_page: Page) -> None:
        code = kernel_page.evaluate(
            """async () => (await globalThis.aikernel.kernel).processes.watch("none", {}).catch(({ code }) => code)"""
        )
        assert code == "WASM_PROCESS_NOT_FOUND"
