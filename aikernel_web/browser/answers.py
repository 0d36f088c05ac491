"""What JavaScript's side of a program answers, as Python's values and errors."""

from __future__ import annotations

from typing import Any

from pyodide.ffi import JsException

from ..contracts.errors import KernelError, error_code_of
from ..contracts.observation import AudioBlock, Frame
from ..contracts.processes import ExitReason, ProcessExit
from .convert import optional


def call(function: Any, *args: object) -> Any:
    """Call JavaScript; what it throws becomes a `KernelError` with the code it carries."""
    try:
        return function(*args)
    except JsException as error:
        raise error_from(error.message) from None


async def answer(function: Any, *args: object) -> Any:
    """Call JavaScript and wait; what it rejects with becomes a `KernelError` with the code it carries."""
    try:
        return await function(*args)
    except JsException as error:
        raise error_from(error.message) from None


def error_from(message: str) -> KernelError:
    """Return the `KernelError` for the message of what JavaScript threw.

    Whoever keeps what was thrown itself, across its `except`, makes a cycle with the frame: everything that was on the
    stack lives on until Python's collector comes.
    """
    return KernelError(message, code=error_code_of(message) or "WASM_ENGINE_FAILED")


def exit_of(end: Any) -> ProcessExit:
    """Return how a program has ended."""
    return ProcessExit(ExitReason(end.reason), end.exitCode, optional(end.code), end.message, tuple(end.stack.to_py()))


def frame_of(frame: Any) -> Frame | None:
    """Return a picture, or None where there is none."""
    if optional(frame) is None:
        return None
    return Frame(frame.width, frame.height, frame.format, frame.sequence, frame.bytes.to_bytes())


def audio_of(audio: Any) -> AudioBlock | None:
    """Return sound, or None where there is none."""
    if optional(audio) is None:
        return None
    return AudioBlock(audio.rate, audio.channels, audio.format, audio.bytes.to_bytes())
