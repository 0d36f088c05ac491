"""What static/bridge/webgpu.mjs answers, as Python's values and errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..contracts.errors import InvalidArgumentError, KernelError, error_code_of
from ..contracts.gpu import GpuDeviceInfo
from ..contracts.gpu_errors import (
    DeviceLost,
    GpuError,
    GpuOutOfMemoryError,
    GpuTimeoutError,
    GpuUnavailableError,
    GpuValidationError,
)
from ..contracts.shader_errors import Diagnostic, WgslError
from .convert import optional

_PLAIN_ERRORS: Mapping[str, Callable[[str], GpuError]] = {
    "WEBGPU_DEVICE_LOST": DeviceLost,
    "WEBGPU_OUT_OF_MEMORY": GpuOutOfMemoryError,
    "WEBGPU_TIMEOUT": GpuTimeoutError,
    "WEBGPU_VALIDATION": GpuValidationError,
}
_UNAVAILABLE = frozenset({"WEBGPU_UNSUPPORTED", "WEBGPU_NO_ADAPTER", "WEBGPU_DEVICE_REFUSED"})
_LINE_END = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")
"""What ends a line (WGSL, section 3.2)."""
_UTF16 = "utf-16-le"
_UNIT = 2
"""Bytes of a UTF-16 code unit."""


def gpu_error(message: str) -> KernelError:
    """Return what JavaScript has thrown, as the class of its code.

    It is to be raised after the `except`: whoever raises within it keeps the JavaScript error, and its frames, alive.
    """
    code = error_code_of(message) or "WEBGPU_INTERNAL"
    if code in _PLAIN_ERRORS:
        return _PLAIN_ERRORS[code](message)
    if code in _UNAVAILABLE:
        return GpuUnavailableError(message, code=code)
    if code == "WEBGPU_LIMIT_EXCEEDED":
        return InvalidArgumentError(message, code=code)
    return GpuError(message, code=code)


def device_info(facts: Any) -> GpuDeviceInfo:
    """Return what `DeviceFacts` of static/gpu/device.mjs tell."""
    plain = facts.to_py()
    return GpuDeviceInfo(
        generation=plain["generation"],
        adapter={name: value for name, value in plain["adapter"].items() if optional(value) is not None},
        features=tuple(plain["features"]),
        limits=plain["limits"],
        language_features=tuple(plain["languageFeatures"]),
    )


def shader_error(wgsl: str, messages: Any) -> WgslError:
    """Return the error for what the browser's compiler says of ``wgsl``."""
    lines = _LINE_END.split(wgsl)
    return WgslError([_diagnostic(lines, message) for message in messages.to_py()])


def _diagnostic(lines: Sequence[str], message: Mapping[str, Any]) -> Diagnostic:
    line = min(max(1, message["line"]), len(lines))
    source = lines[line - 1]
    # The browser counts UTF-16 code units (WebGPU, GPUCompilationMessage), Python characters.
    units = source.encode(_UTF16, "surrogatepass")
    start = _UNIT * max(0, message["column"] - 1)
    before, marked = units[:start], units[start : start + _UNIT * message["length"]]
    column = 1 + len(before.decode(_UTF16, "replace"))
    length = max(1, len(marked.decode(_UTF16, "replace")))
    return Diagnostic("WEBGPU_SHADER_INVALID", message["message"], line, column, length, source)
