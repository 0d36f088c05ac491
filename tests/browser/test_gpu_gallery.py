"""Pictures that are computed: the gallery of the console page, and arrays that Python shows on a canvas of the page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from page_code import in_page
from PIL import Image
from playwright.sync_api import expect

from aikernel_web.gallery.life import BORN
from aikernel_web.gallery.life import palette as life_palette
from aikernel_web.gallery.mandelbrot import palette
from aikernel_web.host import launch

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Locator, Page, Playwright

    from aikernel_web.host import HostKernel

PATIENCE = 30_000  # milliseconds until a state that does not come is a failure
# All that makes a WebGPU canvas visible with a software adapter; and the GPU's process may crash as often as it has to.
CANVAS_FLAGS = (
    "--enable-unsafe-webgpu",
    "--enable-features=Vulkan",
    "--use-vulkan=swiftshader",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-gpu-process-crash-limit",
)
WATCH_DRAWS = """async () => {
  const { gallery } = await globalThis.aikernel.kernel;
  const draw = Object.getPrototypeOf(gallery).draw;
  const draws = { all: 0, now: 0, most: 0 };
  gallery.draw = async function (...given) {
    draws.all += 1;
    draws.now += 1;
    draws.most = Math.max(draws.most, draws.now);
    try {
      return await draw.apply(this, given);
    } finally {
      draws.now -= 1;
    }
  };
  globalThis.draws = draws;
}"""
PLACE = re.compile(r"(\u2212?[\d.]+) ([+\u2212]) ([\d.]+)i, zoom ([\d.,]+).*, (\d+) iterations")
GLIDER = ((1, 0), (2, 1), (0, 2), (1, 2), (2, 2))


class Gallery:
    """A person at the gallery."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.button: Locator = page.get_by_role("button", name="Gallery", exact=True)
        self.pane: Locator = page.get_by_role("region", name="Gallery")
        self.canvas: Locator = self.pane.get_by_role("application")
        self.computer: Locator = page.locator("#gallery-computer")
        self.seen: Locator = page.locator("#gallery-seen")

    def open(self) -> None:
        self.button.click()
        expect(self.seen).not_to_be_empty(timeout=PATIENCE)

    def close(self) -> None:
        if self.pane.is_visible():
            self.pane.get_by_role("button", name="Close the gallery").click()
        expect(self.pane).to_have_count(0)

    def use(self, *names: str) -> None:
        """Click buttons."""
        for name in names:
            self.pane.get_by_role("button", name=name, exact=True).click()

    def wait(self, reached: Callable[[], bool], what: str) -> None:
        for _ in range(PATIENCE // 50):
            if reached():
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"{what}; the gallery says {self.pane.inner_text()!r}")

    def size(self) -> tuple[int, int]:
        """Return columns and rows of the picture."""
        columns, rows = self.canvas.evaluate("(canvas) => [canvas.width, canvas.height]")
        return int(columns), int(rows)

    def pixels(self) -> NDArray[np.uint8]:
        """Return what is on the screen where the canvas is: rows, columns, red, green and blue."""
        data = self.canvas.screenshot(animations="allow", style=".gallery-room::after { content: none !important; }")
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

    def wait_for_all_pixels(self) -> NDArray[np.uint8]:
        """Wait for the picture as fine as the screen, and return it."""
        room = self.canvas.evaluate("(canvas) => [canvas.clientWidth, canvas.clientHeight]")
        self.wait(lambda: list(self.size()) == room, "The picture stays coarse")
        self.page.wait_for_timeout(50)  # until the browser has composed it
        return self.pixels()

    def place(self) -> tuple[complex, float, int]:
        """Return the centre, the zoom and the limit of iterations, as they are told."""
        found = PLACE.match(self.seen.inner_text())
        assert found is not None, self.seen.inner_text()
        real, sign, imaginary, zoom, limit = found.groups()
        x, y = float(real.replace("\u2212", "-")), float(f"{sign}{imaginary}".replace("\u2212", "-"))
        return complex(x, y), float(zoom.replace(",", "")), int(limit)

    def cells(self) -> NDArray[np.uint32]:
        """Return which cells live, as they are seen."""
        columns, rows = self.size()
        pixels = self.pixels()
        height, width = pixels.shape[:2]
        middle = (np.arange(rows) * height + height // 2) // rows, (np.arange(columns) * width + width // 2) // columns
        seen = pixels[np.ix_(*middle)].astype(np.int32)
        colours = life_palette()[BORN:]
        alive = np.stack([colours & 255, colours >> 8 & 255, colours >> 16 & 255], axis=1).astype(np.int32)
        return np.asarray((np.abs(seen[:, :, None, :] - alive).max(axis=3) <= 2).any(axis=2), np.uint32)

    def point(self, column: int, row: int) -> tuple[float, float]:
        """Return where a cell is on the page."""
        box = self.canvas.bounding_box()
        assert box is not None
        columns, rows = self.size()
        return box["x"] + (column + 0.5) * box["width"] / columns, box["y"] + (row + 0.5) * box["height"] / rows


def escape_times(shape: tuple[int, int], center: complex, step: float, limit: int) -> NDArray[np.uint32]:
    """Iterate z * z + c for each pixel, as one would write it down."""
    rows, columns = np.indices(shape)
    height, width = shape
    c = center + (columns - (width - 1) / 2) * step + 1j * ((height - 1) / 2 - rows) * step
    z, counts = np.zeros_like(c), np.full(shape, limit, np.uint32)
    for count in range(1, limit + 1):
        z = np.where(counts == limit, z * z + c, z)
        counts[(counts == limit) & (np.abs(z) > 2)] = count
    return counts


def rgb(colours: NDArray[np.uint32]) -> NDArray[np.uint8]:
    return np.stack([colours & 255, colours >> 8 & 255, colours >> 16 & 255], axis=-1).astype(np.uint8)


def agreement(seen: NDArray[np.uint8], gallery: Gallery) -> float:
    """Return how much of a picture is what NumPy says."""
    width, height = gallery.size()
    step = max(3.3 / width, 2.56 / height)
    colours = rgb(palette(160)[escape_times((height, width), -0.72 + 0j, step, 160)]).astype(int)
    assert gallery.place() == (-0.72 + 0j, 1.0, 160)
    # The pane may stand between two rows of the screen: then the screenshot has a row more.
    shifts = range(len(seen) - height + 1)
    return max(
        float(np.mean(np.abs(seen[shift : shift + height, :width] - colours).max(axis=2) <= 3)) for shift in shifts
    )


def torus(cells: NDArray[np.uint32], generations: int) -> NDArray[np.uint32]:
    for _ in range(generations):
        around = sum(np.roll(cells, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1) if (x, y) != (0, 0))
        cells = np.asarray((around == 3) | ((around == 2) & (cells == 1)), np.uint32)
    return cells


@pytest.fixture
def gallery(kernel_page: Page) -> Iterator[Gallery]:
    gallery = Gallery(kernel_page)
    gallery.open()
    yield gallery
    gallery.close()


@pytest.fixture
def size(kernel_page: Page) -> Iterator[Callable[[int, int], None]]:
    before = kernel_page.viewport_size
    yield lambda width, height: kernel_page.set_viewport_size({"width": width, "height": height})
    assert before is not None
    kernel_page.set_viewport_size(before)


@pytest.fixture(scope="module")
def without_gpu(kernel_session: HostKernel, playwright: Playwright) -> Iterator[HostKernel]:
    with launch(playwright=playwright, site=kernel_session.site, webgpu=False) as kernel:
        yield kernel
        assert kernel.take_errors() == []


@pytest.fixture(scope="module")
def with_canvas(kernel_session: HostKernel, playwright: Playwright) -> Iterator[HostKernel]:
    """A browser in which WebGPU canvases can be seen, and the GPU's process may crash."""
    with launch(playwright=playwright, site=kernel_session.site, webgpu=False, arguments=CANVAS_FLAGS) as kernel:
        yield kernel


class TestMandelbrot:
    def test_the_picture_is_what_numpy_says(self, gallery: Gallery) -> None:
        assert agreement(gallery.wait_for_all_pixels(), gallery) > 0.985

    def test_the_gpu_is_named(self, gallery: Gallery, kernel: HostKernel) -> None:
        adapter = kernel.python("dict(kernel.gallery.gpu.info.adapter)")
        text = gallery.computer.inner_text()
        assert text.startswith("GPU: ")
        assert text.endswith("(in software)") == adapter["isFallbackAdapter"]
        assert adapter["description"] or adapter["architecture"] in text

    def test_the_wheel_zooms_to_the_place_under_the_pointer(self, gallery: Gallery) -> None:
        before = gallery.wait_for_all_pixels()
        height, width = before.shape[:2]
        x, y = width // 3, height // 4
        box = gallery.canvas.bounding_box()
        assert box is not None
        gallery.page.mouse.move(box["x"] + x, box["y"] + y)
        gallery.page.mouse.wheel(0, -600)
        gallery.wait(lambda: gallery.place()[1] > 3, "No zoom")
        after = gallery.wait_for_all_pixels()
        center, zoom, _ = gallery.place()
        step = max(3.3 / width, 2.56 / height)
        under = -0.72 + (x - width / 2) * step - 1j * (y - height / 2) * step
        there = center + ((x - width / 2) - 1j * (y - height / 2)) * step / zoom
        assert abs(there - under) < step  # the zoom is told with one decimal
        assert np.mean(before != after) > 0.1

    def test_a_drag_moves_the_picture_and_never_queues(self, gallery: Gallery) -> None:
        height, width = gallery.wait_for_all_pixels().shape[:2]
        gallery.page.evaluate(WATCH_DRAWS)
        gallery.page.mouse.move(*gallery.point(0, 0))
        box = gallery.canvas.bounding_box()
        assert box is not None
        x, y = box["x"] + width / 2, box["y"] + height / 2
        gallery.page.mouse.move(x, y)
        gallery.page.mouse.down()
        for part in range(1, 51):
            gallery.page.mouse.move(x + 2 * part, y + part)
        gallery.page.mouse.up()
        step = max(3.3 / width, 2.56 / height)
        moved = -0.72 - 100 * step + 50j * step
        gallery.wait(lambda: abs(gallery.place()[0] - moved) < step, "Not where it was dragged")
        draws = gallery.page.evaluate("() => globalThis.draws")
        assert draws["most"] == 1
        assert draws["all"] < 50

    def test_keys_move_zoom_and_return(self, gallery: Gallery) -> None:
        first = gallery.wait_for_all_pixels()
        gallery.canvas.focus()
        for key in ("ArrowRight", "ArrowUp", "+", "+", "-"):
            gallery.page.keyboard.press(key)
        gallery.wait(lambda: gallery.place()[1] == 1.5, "No zoom")
        center = gallery.place()[0]
        assert center.real > -0.72
        assert center.imag > 0
        gallery.page.keyboard.press("0")
        gallery.wait(lambda: gallery.place()[:2] == (-0.72, 1), "No way back")
        assert np.mean(gallery.wait_for_all_pixels() != first) < 0.001

    def test_buttons_do_what_keys_do(self, gallery: Gallery) -> None:
        gallery.use("Zoom in", "Zoom in")
        gallery.wait(lambda: gallery.place()[1] > 2, "No zoom")
        gallery.use("Zoom out", "Zoom out")
        gallery.wait(lambda: gallery.place()[1] == 1, "No way out")
        gallery.use("Zoom out", "Reset: show all of the set")
        gallery.wait(lambda: gallery.place()[:2] == (-0.72, 1), "No way back")

    def test_one_can_zoom_far_beyond_32_bit_floats(self, gallery: Gallery) -> None:
        box = gallery.canvas.bounding_box()
        assert box is not None
        gallery.page.mouse.move(box["x"] + 10, box["y"] + 10)  # far outside, where it is quick
        for _ in range(40):
            gallery.page.mouse.wheel(0, -400)
        gallery.wait(lambda: "the deepest" in gallery.seen.inner_text(), "Not the deepest")
        assert gallery.place()[1] > 1e11
        expect(gallery.computer).to_contain_text("GPU: ")


class TestLife:
    @pytest.fixture
    def life(self, gallery: Gallery) -> Gallery:
        """An empty world that stands still."""
        gallery.use("Game of life")
        expect(gallery.seen).to_contain_text("generation", timeout=PATIENCE)
        gallery.use("Run", "Clear")
        expect(gallery.seen).to_contain_text("generation 0", timeout=PATIENCE)
        return gallery

    def test_it_runs_until_it_is_stopped(self, gallery: Gallery) -> None:
        gallery.use("Game of life")
        run = gallery.pane.get_by_role("button", name="Run", exact=True)
        expect(run).to_have_attribute("aria-pressed", "true")
        expect(gallery.seen).to_contain_text(re.compile(r"generation [1-9]\d"), timeout=PATIENCE)
        run.click()
        expect(run).to_have_attribute("aria-pressed", "false")
        gallery.page.wait_for_timeout(200)
        told = gallery.seen.inner_text()
        gallery.page.wait_for_timeout(400)
        assert gallery.seen.inner_text() == told
        expect(gallery.page.locator("#gallery-rate")).to_have_text("", timeout=PATIENCE)

    def test_a_glider_is_drawn_and_moves_as_numpy_says(self, life: Gallery) -> None:
        columns, rows = life.size()
        world = np.zeros((rows, columns), np.uint32)
        for x, y in GLIDER:
            life.page.mouse.click(*life.point(20 + x, 10 + y))
            world[10 + y, 20 + x] = 1
        life.wait(lambda: np.array_equal(life.cells(), world), "Not the cells that were drawn")
        for step in range(1, 6):
            life.use("Step")
            expect(life.seen).to_contain_text(f"generation {step}", timeout=PATIENCE)
        expected = torus(world, 5)
        life.wait(lambda: np.array_equal(life.cells(), expected), "The glider is elsewhere")
        assert np.array_equal(torus(world, 4), np.roll(world, (1, 1), (0, 1)))

    def test_a_line_is_drawn_and_wiped_out(self, life: Gallery) -> None:
        columns, rows = life.size()
        world = np.zeros((rows, columns), np.uint32)
        world[8, 5:30] = 1
        for button in ("left", "right"):
            life.page.mouse.move(*life.point(5, 8))
            life.page.mouse.down(button=button)  # type: ignore[arg-type]
            life.page.mouse.move(*life.point(29, 8))
            life.page.mouse.up(button=button)  # type: ignore[arg-type]
            drawn = world if button == "left" else 0 * world
            life.wait(lambda drawn=drawn: np.array_equal(life.cells(), drawn), f"Not what the {button} button drew")

    def test_keys_set_cells_and_steps(self, life: Gallery) -> None:
        columns, rows = life.size()
        world = np.zeros((rows, columns), np.uint32)
        world[rows // 2, columns // 2 - 1 : columns // 2 + 2] = 1
        life.canvas.focus()
        for key in (
            "Enter",
            "ArrowLeft",
            "Enter",
            "ArrowRight",
            "ArrowRight",
            "Enter",
            "ArrowUp",
            "Enter",
            "Enter",
            "s",
        ):
            life.page.keyboard.press(key)
        expect(life.seen).to_contain_text("generation 1", timeout=PATIENCE)
        life.page.keyboard.press("ArrowUp")
        mark = life.page.locator(".gallery-cursor")
        expect(mark).to_be_visible()
        life.page.keyboard.press("F6")
        expect(mark).to_be_hidden()
        life.wait(lambda: np.array_equal(life.cells(), torus(world, 1)), "Not a blinker")

    def test_random_fills_and_clear_empties(self, life: Gallery) -> None:
        life.use("Random")
        life.wait(lambda: 0.15 < life.cells().mean() < 0.3, "Not random")
        life.use("Clear")
        life.wait(lambda: not life.cells().any(), "Not empty")

    def test_a_world_keeps_its_cells_when_the_page_changes(
        self, life: Gallery, size: Callable[[int, int], None]
    ) -> None:
        columns, rows = life.size()
        world = np.zeros((rows, columns), np.uint32)
        for x, y in GLIDER:
            life.page.mouse.click(*life.point(20 + x, 10 + y))
            world[10 + y, 20 + x] = 1
        life.wait(lambda: np.array_equal(life.cells(), world), "Not the cells that were drawn")
        size(1600, 1000)
        life.wait(lambda: np.array_equal(life.cells(), world), "Other cells")


class TestThePane:
    def test_it_closes_and_computes_no_more(self, kernel: HostKernel) -> None:
        gallery = Gallery(kernel.page)
        gallery.open()
        gallery.use("Game of life")
        expect(gallery.seen).to_contain_text(re.compile(r"generation [1-9]"), timeout=PATIENCE)
        gallery.page.evaluate(WATCH_DRAWS)
        gallery.close()
        expect(gallery.button).to_have_attribute("aria-expanded", "false")
        gallery.wait(lambda: gallery.page.evaluate("() => globalThis.draws.now") == 0, "Still drawing")
        before = gallery.page.evaluate("() => globalThis.draws.all")
        gallery.page.wait_for_timeout(300)
        assert gallery.page.evaluate("() => globalThis.draws.all") == before
        assert kernel.python("list(kernel.canvases)") == []
        expect(gallery.page.get_by_label("Terminal input")).to_be_focused()

    def test_what_cannot_be_seen_is_not_drawn(self, gallery: Gallery) -> None:
        gallery.use("Game of life")
        gallery.page.evaluate(WATCH_DRAWS)
        room = gallery.page.locator(".gallery-room")
        room.evaluate("(room) => (room.hidden = true)")
        gallery.page.wait_for_timeout(300)
        before = gallery.page.evaluate("() => globalThis.draws.all")
        gallery.page.wait_for_timeout(300)
        assert gallery.page.evaluate("() => globalThis.draws.all") == before
        room.evaluate("(room) => (room.hidden = false)")
        gallery.wait(lambda: gallery.page.evaluate("() => globalThis.draws.all") > before, "It stands still")

    def test_f6_reaches_the_picture_and_its_tools(self, gallery: Gallery) -> None:
        expect(gallery.canvas).to_be_focused()
        gallery.page.keyboard.press("F6")
        expect(gallery.pane.get_by_role("toolbar", name="Gallery tools")).to_be_focused()
        gallery.page.keyboard.press("Shift+F6")
        expect(gallery.canvas).to_be_focused()

    def test_it_opens_again(self, gallery: Gallery) -> None:
        gallery.close()
        gallery.open()
        assert agreement(gallery.wait_for_all_pixels(), gallery) > 0.985

    @pytest.mark.parametrize("width", [360, 760, 1080, 1360, 1920])
    def test_nothing_is_wider_than_the_window(
        self, gallery: Gallery, size: Callable[[int, int], None], width: int
    ) -> None:
        size(width, 800)
        for scene in ("Mandelbrot set", "Game of life"):
            gallery.use(scene)
            assert gallery.page.evaluate("() => document.documentElement.scrollWidth") <= width
            head = gallery.pane.locator("header").bounding_box()
            close = gallery.pane.get_by_role("button", name="Close the gallery").bounding_box()
            assert head is not None
            assert close is not None
            assert close["x"] + close["width"] <= width
            assert close["y"] + close["height"] <= head["y"] + head["height"] + 1

    def test_a_kernel_that_is_reset_goes_on_drawing(self, gallery: Gallery, kernel: HostKernel) -> None:
        kernel.reset()
        gallery.use("Zoom in")
        gallery.wait(lambda: gallery.place()[1] == 1.5, "No picture")


class TestWithoutAGpu:
    def test_nothing_of_it_is_loaded_before_it_is_opened(self, without_gpu: HostKernel) -> None:
        loaded = "() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)"
        assert [name for name in without_gpu.page.evaluate(loaded) if "/ui/gallery" in name or "/gpu/" in name] == [
            "/static/ui/gallery-button.mjs"
        ]
        modules = without_gpu.python("import sys\n[n for n in sys.modules if n.startswith('aikernel_web')]")
        assert not [name for name in modules if name.startswith(("aikernel_web.gallery", "aikernel_web.compute"))]

    def test_numpy_draws_and_the_page_says_why(self, without_gpu: HostKernel) -> None:
        gallery = Gallery(without_gpu.page)
        gallery.open()
        expect(gallery.computer).to_contain_text("CPU (NumPy): ")
        expect(gallery.computer).to_contain_text("adapter")
        expect(gallery.computer).not_to_contain_text("ErrorCode")
        expect(gallery.computer).to_have_attribute("title", "WEBGPU_NO_ADAPTER")
        assert agreement(gallery.wait_for_all_pixels(), gallery) > 0.99
        gallery.use("Game of life", "Run", "Clear")
        life_rows = gallery.size()[1]
        columns = gallery.size()[0]
        world = np.zeros((life_rows, columns), np.uint32)
        world[20, 20:23] = 1
        for x in (20, 21, 22):
            gallery.page.mouse.click(*gallery.point(x, 20))
        gallery.use("Step")
        gallery.wait(lambda: np.array_equal(gallery.cells(), torus(world, 1)), "Not a blinker")
        gallery.close()


class TestLoss:
    def test_the_gallery_goes_on_when_the_device_is_lost(self, with_canvas: HostKernel) -> None:
        gallery = Gallery(with_canvas.page)
        gallery.open()
        gallery.use("Game of life")
        expect(gallery.seen).to_contain_text(re.compile(r"generation [1-9]"), timeout=PATIENCE)
        browser = gallery.page.context.browser
        assert browser is not None
        browser.new_browser_cdp_session().send("Browser.crashGpuProcess")
        expect(gallery.computer).to_contain_text("device 2: the one before was lost", timeout=PATIENCE)
        now = gallery.seen.inner_text()
        gallery.wait(lambda: gallery.seen.inner_text() != now, "It stands still")
        expect(gallery.computer).to_contain_text("GPU: ")
        assert gallery.cells().any()
        gallery.use("Mandelbrot set")
        assert agreement(gallery.wait_for_all_pixels(), gallery) > 0.985
        gallery.close()


PRESENT = """
import numpy as np
canvas = kernel.canvases["test"]
rows, columns = np.indices((20, 30))
"""


class TestPresent:
    @pytest.fixture
    def shown(self, kernel: HostKernel) -> Iterator[Callable[[str], NDArray[np.uint8]]]:
        """Attach a canvas; run Python, return what is seen on it."""
        in_page(
            kernel,
            """const canvas = document.createElement("canvas");
            canvas.id = "test-canvas";
            canvas.style = "position: fixed; left: 0; top: 0; z-index: 99";
            document.body.append(canvas);
            globalThis.detachTestCanvas = await kernel.canvases.attach("test", canvas);""",
        )

        def show(code: str) -> NDArray[np.uint8]:
            kernel.python(PRESENT + code)
            kernel.page.wait_for_timeout(100)
            data = kernel.page.locator("#test-canvas").screenshot()
            return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

        yield show
        in_page(kernel, "detachTestCanvas(); document.getElementById('test-canvas').remove();")

    EXPECTED = np.stack([np.indices((20, 30))[1] * 8, np.indices((20, 30))[0] * 12, np.full((20, 30), 77)], axis=2)
    PIXELS = "(columns * 8 | rows * 12 << 8 | 77 << 16).astype(np.uint32)"

    @pytest.mark.parametrize("place", ["{}", "await kernel.gpu.to_device({})"])
    def test_an_array_of_pixels_is_seen(self, shown: Callable[[str], NDArray[np.uint8]], place: str) -> None:
        seen = shown(f"array = {place.format(self.PIXELS)}\nawait kernel.gpu.present(array, canvas)")
        assert np.array_equal(seen, self.EXPECTED)

    @pytest.mark.parametrize("place", ["{}", "await kernel.gpu.to_device({})"])
    @pytest.mark.parametrize(
        ("values", "bounds"),
        [
            ("(columns / 30).astype(np.float32)", None),
            ("(columns * 0.1 - 1.5).astype(np.float32)", (-1.5, 1.5)),
            ("columns.astype(np.uint32)", None),
            ("(columns - 15).astype(np.int32)", (-15, 15)),
        ],
    )
    def test_values_are_seen_in_the_colours_of_a_palette(
        self, shown: Callable[[str], NDArray[np.uint8]], place: str, values: str, bounds: Any
    ) -> None:
        seen = shown(
            f"array = {place.format(values)}\n"
            f"palette = (np.arange(30) * 8 | 200 << 8).astype(np.uint32)\n"
            f"await kernel.gpu.present(array, canvas, palette=palette, bounds={bounds})"
        )
        assert np.abs(seen[:, :, 0].astype(int) - np.arange(30) * 8).max() <= 8  # a rounding may move an edge by one
        assert (seen[:, :, 1] == 200).all()

    def test_the_newest_picture_stays(self, shown: Callable[[str], NDArray[np.uint8]]) -> None:
        seen = shown(
            "import asyncio\n"
            "reds = [np.full((20, 30), red, np.uint32) for red in range(50, 90)]\n"
            "arrays = [await kernel.gpu.to_device(red) for red in reds]\n"
            "await asyncio.gather(*(kernel.gpu.present(array, canvas) for array in arrays))"
        )
        assert (seen == (89, 0, 0)).all()

    def test_an_array_that_was_never_written_is_black(self, shown: Callable[[str], NDArray[np.uint8]]) -> None:
        assert not shown("await kernel.gpu.present(kernel.gpu.empty((20, 30), 'u32'), canvas)").any()

    @pytest.mark.parametrize(
        ("array", "more", "code"),
        [
            ("np.zeros(600, np.uint32)", "", "WEBGPU_BINDING_SHAPE"),
            ("np.zeros((0, 30), np.uint32)", "", "WEBGPU_BINDING_SHAPE"),
            ("np.zeros((20, 30), np.float32)", "", "WEBGPU_BINDING_DTYPE"),
            ("np.zeros((20, 30))", ", palette=np.zeros(3, np.uint32)", "WEBGPU_BINDING_DTYPE"),
            ("np.zeros((20, 30), np.uint32)", ", palette=np.zeros(0, np.uint32)", "WEBGPU_ARGUMENT_INVALID"),
            ("np.zeros((20, 30), np.uint32)", ", palette=np.zeros(3)", "WEBGPU_ARGUMENT_INVALID"),
            (
                "np.zeros((20, 30), np.float32)",
                ", palette=np.zeros(3, np.uint32), bounds=(1, 1)",
                "WEBGPU_ARGUMENT_INVALID",
            ),
        ],
    )
    def test_what_is_no_picture_is_refused(self, kernel: HostKernel, array: str, more: str, code: str) -> None:
        found = kernel.python(
            "import numpy as np\nfrom aikernel_web import KernelError\n"
            f"try:\n    await kernel.gpu.present({array}, None{more})\n"
            "except KernelError as error:\n    found = error.code\nfound"
        )
        assert found == code

    def test_a_canvas_that_was_given_back_is_refused(
        self, kernel: HostKernel, shown: Callable[[str], NDArray[np.uint8]]
    ) -> None:
        before = shown(f"await kernel.gpu.present({self.PIXELS}, canvas)")
        in_page(kernel, "detachTestCanvas();")
        found = kernel.python(
            "from aikernel_web import KernelError\n"
            "try:\n    await kernel.gpu.present(np.zeros((20, 30), np.uint32), canvas)\n"
            "except KernelError as error:\n    found = error.code\nfound, 'test' in kernel.canvases"
        )
        assert found == ["DISPLAY_CANVAS_CLOSED", False]
        after = np.asarray(Image.open(io.BytesIO(kernel.page.locator("#test-canvas").screenshot())).convert("RGB"))
        assert np.array_equal(before, after)

    def test_a_canvas_that_was_drawn_in_is_refused(self, kernel: HostKernel) -> None:
        assert (
            in_page(
                kernel,
                """const canvas = document.createElement("canvas");
            canvas.getContext("2d");
            return codeOf(kernel.canvases.attach("test", canvas));""",
            )
            == "DISPLAY_CANVAS_INVALID"
        )

    @pytest.mark.usefixtures("shown")
    def test_requests_that_make_no_sense_are_refused(self, kernel: HostKernel) -> None:
        codes = in_page(
            kernel,
            """const mandelbrot = { scene: "mandelbrot", columns: 8, rows: 8, centre: [0, 0], step: 0.1, limit: 9 };
            const life = { scene: "life", columns: 8, rows: 8, steps: 1, fill: null, edits: [] };
            const wrong = [{}, { ...mandelbrot, scene: "x" }, { ...mandelbrot, columns: 0 },
              { ...mandelbrot, rows: 1e9 }, { ...mandelbrot, centre: 3 }, { ...mandelbrot, step: 0 },
              { ...mandelbrot, limit: "9" },
              { ...life, steps: -1 }, { ...life, fill: "x" }, { ...life, edits: [64, 1] }, { ...life, edits: [1] },
              { ...life, edits: [1, 3] }];
            const codes = [];
            for (const request of wrong) codes.push(await codeOf(kernel.gallery.draw("test", request)));
            for (const name of ["other", "test"]) codes.push(await codeOf(kernel.gallery.draw(name, life)));
            return codes;""",
        )
        assert codes == ["GALLERY_REQUEST_INVALID"] * 12 + ["DISPLAY_CANVAS_UNKNOWN", "none"]


class TestTheWayToTheCanvas:
    SHOW = """async (way) => {
      const { Picture } = await import("./static/gpu/present.mjs");
      const canvas = document.createElement("canvas");
      canvas.style = "position: fixed; left: 0; top: 0; width: 60px; height: 40px; z-index: 99";
      canvas.id = `way-${way}`;
      document.body.append(canvas);
      const device = await (await navigator.gpu.requestAdapter()).requestDevice();
      const colour = (column, row) => column * 4 + (row * 6 << 8) + (99 << 16);
      const pixels = Uint32Array.from({ length: 2400 }, (_, at) => colour(at % 60, Math.floor(at / 60)));
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      const buffer = device.createBuffer({ size: pixels.byteLength, usage });
      device.queue.writeBuffer(buffer, 0, pixels);
      const context = canvas.getContext("bitmaprenderer");
      [canvas.width, canvas.height] = [60, 40];
      const picture = new Picture(async (bitmap) => context.transferFromImageBitmap(bitmap), way);
      await picture.showBuffer(device, buffer, 60, 40);
      await picture.showBuffer(device, buffer, 60, 40);
      picture.close();
      device.destroy();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }"""

    @pytest.mark.parametrize("way", ["texture", "pixels"])
    def test_both_ways_show_the_same(self, with_canvas: HostKernel, way: str) -> None:
        page = with_canvas.page
        page.evaluate(self.SHOW, way)
        canvas = page.locator(f"#way-{way}")
        seen = np.asarray(Image.open(io.BytesIO(canvas.screenshot())).convert("RGB"))
        canvas.evaluate("(canvas) => canvas.remove()")
        rows, columns = np.indices((40, 60))
        assert np.array_equal(seen, np.stack([columns * 4, rows * 6, np.full((40, 60), 99)], axis=2))

    def test_a_software_adapter_is_not_tried(self, kernel_page: Page) -> None:
        way = kernel_page.evaluate("async () => (await import('./static/gpu/canvas-check.mjs')).wayToCanvas(true)")
        assert way == "pixels"
