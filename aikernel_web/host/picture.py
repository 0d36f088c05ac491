"""The pictures of the console page that the README shows, taken from a real session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .launch import launch
from .progress import Progress

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

# What is typed, and the row that has to be on the screen before the next line is.
_SESSION = (
    ("aik run hello from the page", ">"),
    ("good morning", "You said: good morning"),
    ("", "Goodbye!"),
)
_DRAWING = ("aik run --seed 18 rain", "It rains for half a minute; Ctrl-C ends it.")
_DRAWS = "() => document.getElementById('display-rate').textContent.endsWith('fps')"
# Where the wheel is turned in the gallery, and how far: to a spiral of the Mandelbrot set's seahorses.
_TURNS = ((412, 185, -1000), (409, 183, -1000), (411, 183, -600))
_ZOOM = "zoom 305"
_FINE = """(zoom) => {
  const canvas = document.querySelector("#gallery-pane canvas");
  const seen = document.getElementById("gallery-seen")?.textContent ?? "";
  return seen.includes(zoom) && canvas.width === canvas.clientWidth;
}"""
_SIZE: ViewportSize = {"width": 1280, "height": 720}
_SHOWS = """(row) => [...document.querySelectorAll(".xterm-rows > div")]
  .map((line) => line.textContent.replaceAll("\\u00a0", " ").trim()).includes(row)"""


def take_pictures(folder: Path, *, progress: Progress) -> tuple[Path, ...]:
    """Use the console page for a while and write what it looks like into ``folder``: gallery.png and console.png."""
    gallery, console = folder / "gallery.png", folder / "console.png"
    folder.mkdir(parents=True, exist_ok=True)
    with launch(progress=progress) as kernel:
        page = kernel.page
        page.set_viewport_size(_SIZE)
        for line, answer in _SESSION:
            _type(page, line, answer)
        _zoom_in(page)
        page.screenshot(path=gallery)
        page.get_by_role("button", name="Close the gallery").click()
        page.mouse.move(0, 0)
        _type(page, *_DRAWING)
        page.wait_for_function(_DRAWS)
        page.screenshot(path=console)
    return gallery, console


def _zoom_in(page: Page) -> None:
    page.get_by_role("button", name="Gallery", exact=True).click()
    page.wait_for_function(_FINE, arg="zoom 1.0")
    box = page.get_by_role("application", name="Mandelbrot set").bounding_box() or {"x": 0, "y": 0}
    for x, y, turn in _TURNS:
        page.mouse.move(box["x"] + x, box["y"] + y)
        page.mouse.wheel(0, turn)
    page.wait_for_function(_FINE, arg=_ZOOM)


def _type(page: Page, line: str, answer: str) -> None:
    page.keyboard.type(line)
    page.keyboard.press("Enter")
    page.wait_for_function(_SHOWS, arg=answer)
    if not line:
        page.wait_for_function(_SHOWS, arg="$")  # the program has ended, the shell asks again
