"""The picture of the console page that the README shows, taken from a real session."""

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
    ("aik run --seed 18 rain", "It rains for half a minute; Ctrl-C ends it."),
)
_DRAWS = "() => document.getElementById('display-rate').textContent.endsWith('fps')"
_SIZE: ViewportSize = {"width": 1280, "height": 720}
_SHOWS = """(row) => [...document.querySelectorAll(".xterm-rows > div")]
  .map((line) => line.textContent.replaceAll("\\u00a0", " ").trim()).includes(row)"""


def take_picture(target: Path, *, progress: Progress) -> Path:
    """Type a short session into the console page and write what it looks like to ``target`` (PNG)."""
    with launch(progress=progress) as kernel:
        page = kernel.page
        page.set_viewport_size(_SIZE)
        for line, answer in _SESSION:
            _type(page, line, answer)
        page.wait_for_function(_DRAWS)
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=target)
    return target


def _type(page: Page, line: str, answer: str) -> None:
    page.keyboard.type(line)
    page.keyboard.press("Enter")
    page.wait_for_function(_SHOWS, arg=answer)
    if not line:
        page.wait_for_function(_SHOWS, arg="$")  # the program has ended, the shell asks again
