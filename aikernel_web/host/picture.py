"""The picture of the console page that the README shows, taken from a real session."""

from __future__ import annotations

from pathlib import Path

from .launch import launch
from .progress import Progress

_LINES = ("aik run hello from the page", "good morning", "", "aik ps")
_SIZE = {"width": 1280, "height": 720}


def take_picture(target: Path, *, progress: Progress) -> Path:
    """Type a short session into the console page and write what it looks like to ``target`` (PNG)."""
    with launch(progress=progress) as kernel:
        page = kernel.page
        page.set_viewport_size(_SIZE)  # type: ignore[arg-type]
        for line in _LINES[:1]:
            page.keyboard.type(line)
            page.keyboard.press("Enter")
        kernel.events.wait_for("ProcessStarted")
        for line in _LINES[1:3]:
            page.keyboard.type(line)
            page.keyboard.press("Enter")
        kernel.events.wait_for("ProcessStopped")
        page.keyboard.type(_LINES[3])
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.body.innerText.includes('exited 0')")
        page.wait_for_timeout(300)  # the terminal paints with the next frames, and says nothing when it has
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=target)
    return target
