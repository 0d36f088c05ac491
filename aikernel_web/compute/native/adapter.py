"""From PyPI ``wgpu`` to an open device, and what it is, in WebGPU's names."""

from __future__ import annotations

import ctypes
import logging
import re
import time
from typing import Any, Final

from ...contracts.gpu import GpuDeviceInfo
from ...contracts.gpu_errors import GpuUnavailableError
from .errors import LossIsTold

_FEATURES = {
    "clip-distances": "clip-distances",
    "depth-clip-control": "depth-clip-control",
    "depth32float-stencil8": "depth32float-stencil8",
    "dual-source-blending": "dual-source-blending",
    "float32-blendable": "float32-blendable",
    "float32-filterable": "float32-filterable",
    "indirect-first-instance": "indirect-first-instance",
    "rg11b10ufloat-renderable": "rg11b10ufloat-renderable",
    "shader-f16": "shader-f16",
    "subgroup": "subgroups",
    "timestamp-query": "timestamp-query",
}
"""wgpu's names of the features that WebGPU has too, and WebGPU's."""

_NOT_OF_WEBGPU = re.compile("binding-array|multiview|non-sampler|immediate")
"""Limits that only wgpu has."""

_MOMENT: Final = 200e-6
"""Seconds that whoever reads asks without a pause."""
_PAUSE: Final = 100e-6
_PAUSE_MAX: Final = 1e-3
"""Seconds between two questions of wgpu's thread: at first, and at most."""


def load() -> Any:
    """Return PyPI ``wgpu``; raises `GpuUnavailableError` with ``WEBGPU_UNSUPPORTED``."""
    try:
        import wgpu  # noqa: PLC0415 - an extra, loaded where it is used
    except ImportError as error:
        message = f"There is no WebGPU in this Python ({error}): pip install aikernel-web[native]"
        raise GpuUnavailableError(message, code="WEBGPU_UNSUPPORTED") from None
    except (OSError, RuntimeError) as error:
        message = f"The package wgpu is there and cannot load its library: {error}"
        raise GpuUnavailableError(message, code="WEBGPU_UNSUPPORTED") from error
    return wgpu


def request_adapter(wgpu: Any, name: str | None) -> Any:
    """Return the adapter whose name contains ``name``, or the fastest; raises ``WEBGPU_NO_ADAPTER``."""
    try:
        if name is None:
            return wgpu.gpu.request_adapter_sync(power_preference="high-performance")
        adapters = wgpu.gpu.enumerate_adapters_sync()
    except RuntimeError as error:
        message = f"The system has no GPU that wgpu can use (Vulkan, Metal, Direct3D 12 or OpenGL): {error}"
        raise GpuUnavailableError(message, code="WEBGPU_NO_ADAPTER") from None
    for adapter in adapters:
        if name.casefold() in adapter.summary.casefold():
            return adapter
    known = ", ".join(adapter.summary for adapter in adapters) or "none at all"
    message = f"There is no adapter called {name!r}: there are {known}."
    raise GpuUnavailableError(message, code="WEBGPU_NO_ADAPTER")


def request_device(adapter: Any) -> Any:
    """Return a device with all that its adapter has; raises ``WEBGPU_DEVICE_REFUSED``."""
    logger = logging.getLogger("wgpu")
    if not any(isinstance(known, LossIsTold) for known in logger.filters):
        logger.addFilter(LossIsTold())
    features = sorted(adapter.features & set(_FEATURES))
    try:
        device = adapter.request_device_sync(required_features=features, required_limits=adapter.limits)
    except Exception as error:
        message = f"{adapter.summary} gave no device: {error}"
        raise GpuUnavailableError(message, code="WEBGPU_DEVICE_REFUSED") from error
    # Releasing a device waits for its work, and a kernel that never ends would keep the interpreter from ending. A
    # reference that nobody holds keeps Python from releasing it at its exit; `let_go` takes it back.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(device))
    _poll_gently(device)
    return device


def let_go(device: Any) -> None:
    """Allow Python to release a device whose work is done."""
    ctypes.pythonapi.Py_DecRef(ctypes.py_object(device))


def describe(wgpu: Any, device: Any, generation: int) -> GpuDeviceInfo:
    """Return what a device is and can."""
    about = device.adapter.info
    return GpuDeviceInfo(
        generation=generation,
        adapter={
            "vendor": about["vendor"],
            "architecture": about["architecture"],
            "device": about["device"],
            "description": about["description"] or device.adapter.summary,
            "isFallbackAdapter": about["adapter_type"] == "CPU",
        },
        features=tuple(sorted(_FEATURES[name] for name in device.features & set(_FEATURES))),
        limits={
            _camel_case(name): value
            for name, value in device.limits.items()
            # wgpu tells 0 where it does not know.
            if value and not _NOT_OF_WEBGPU.search(name)
        },
        language_features=tuple(sorted(wgpu.gpu.wgsl_language_features)),
    )


def poll_for_a_moment(device: Any) -> None:
    """Ask whether the device's work is done, for as long as small work takes: it is then told in this thread."""
    from wgpu.backends.wgpu_native import ffi, lib  # noqa: PLC0415

    end = time.perf_counter() + _MOMENT
    while not lib.wgpuDevicePoll(device._internal, False, ffi.NULL) and time.perf_counter() < end:
        pass


def _poll_gently(device: Any) -> None:
    """Have wgpu's thread ask whether work is done instead of waiting for it within the driver.

    While it waits there, nobody can submit: one kernel that never ends would hold up the whole interpreter.
    """
    from wgpu.backends.wgpu_native import ffi, lib  # noqa: PLC0415

    number = device._internal
    pause = 0.0

    def poll(waiting: bool) -> None:
        nonlocal pause
        pause = min(pause + _PAUSE, _PAUSE_MAX) if waiting else 0.0
        time.sleep(pause)
        lib.wgpuDevicePoll(number, False, ffi.NULL)

    device._poller._poll_func = poll


def nanoseconds_per_tick(device: Any) -> float:
    """Return the length of a tick of the GPU's clock, which browsers hide and wgpu's Python does not tell."""
    from wgpu.backends.wgpu_native import lib  # noqa: PLC0415

    return float(lib.wgpuQueueGetTimestampPeriod(device.queue._internal))


def _camel_case(name: str) -> str:
    first, *others = name.split("-")
    return first + "".join(word[0].upper() + word[1:] if word[0].isalpha() else word.upper() for word in others)
