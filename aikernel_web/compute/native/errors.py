"""What wgpu says in sentences, as this package's errors."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from ...contracts.errors import KernelError
from ...contracts.gpu_errors import DeviceLost, GpuError, GpuOutOfMemoryError, GpuValidationError
from ...contracts.shader_errors import Diagnostic, WgslError

LOST: Final = "The GPU's device is lost, and what was only in its memory: the next use has a fresh one."

_LOST = "device is lost"
_NO_MEMORY = "Not enough memory left"
_HEAD = re.compile(r"Validation Error\s+Caused by:\s+(?:In \w+\s+)?")
_SHADER_HEAD = re.compile(r"Shader '[^']*' parsing error: |Shader validation error: ")
_PLACE = re.compile(r"┌─ [^\n]*?:(\d+):(\d+)\n")
_MARKS = re.compile(r"│ +(\^+|-+)[ ^-]*([^\n]*)")
"""The first of a line's marks, and what is said of the last."""
_NOTE = re.compile(r"^ *= (.*)$", re.MULTILINE)


@contextmanager
def translated(refused: Callable[[str], KernelError] | None = None) -> Iterator[None]:
    """Raise what wgpu refuses as `DeviceLost`, `GpuOutOfMemoryError`, `GpuError`, or what ``refused`` makes of it.

    Without ``refused`` what is not valid raises `GpuValidationError`.
    """
    import wgpu  # noqa: PLC0415 - an extra, loaded where it is used

    try:
        yield
    except wgpu.GPUError as error:
        said = str(error)
        if _LOST in said:
            raise DeviceLost(LOST) from None
        if _NO_MEMORY in said:
            raise GpuOutOfMemoryError(
                "The GPU has no memory for the buffer: free arrays, or compute in smaller parts."
            ) from None
        if not isinstance(error, wgpu.GPUValidationError):
            raise GpuError(plain(said), code="WEBGPU_INTERNAL") from None
        raise (GpuValidationError(plain(said)) if refused is None else refused(said)) from None


def plain(said: str) -> str:
    """Return a complaint of wgpu's as one line, without its frame."""
    return " ".join(_HEAD.sub("", said).split())


def shader_error(wgsl: str, said: str) -> WgslError:
    """Return naga's complaint about ``wgsl`` as an error with the place in the text; it names the first fault only."""
    text = _SHADER_HEAD.sub("", _HEAD.sub("", said)).strip()
    lines = wgsl.splitlines() or [""]
    place, marks = _PLACE.search(text), _MARKS.search(text)
    line, column = (int(place[1]), int(place[2])) if place else (1, 1)
    parts = [text.partition("\n")[0]]
    if marks and marks[2] and marks[2] not in parts[0]:
        parts.append(marks[2])
    parts += [note[1].removeprefix("note: ") for note in _NOTE.finditer(text) if "Let Naga maintainers" not in note[1]]
    diagnostic = Diagnostic(
        code="WEBGPU_SHADER_INVALID",
        message="; ".join(parts),
        line=line,
        column=column,
        length=len(marks[1]) if marks else 1,
        source_line=lines[min(line, len(lines)) - 1],
    )
    return WgslError([diagnostic])


class LossIsTold(logging.Filter):
    """Keeps wgpu from logging that a device was lost: whoever uses the device is told by `DeviceLost`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to log."""
        text = str(record.msg)
        return not (text == "DEVICE LOST!" or text.startswith("The WGPU device was lost"))
