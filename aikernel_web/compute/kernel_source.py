"""From the text of a shader to a kernel: which entry point, which constants, and whether a device can run it."""

from __future__ import annotations

from collections.abc import Mapping

from ..contracts.errors import InvalidArgumentError
from ..contracts.gpu import GpuDeviceInfo
from .execution.workgroups import AXES
from .gpu_kernel import GpuKernel
from .wgsl.reflection import reflect
from .wgsl.refusal import refusal
from .wgsl.shader import EntryPoint, Shader

KERNELS_KEPT = 512

_FEATURES = {"f16": "shader-f16"}
"""WebGPU's features by the names that WGSL's `enable` has for them, where they differ."""
_BYTES, _COUNT = " bytes", ""

Constants = Mapping[str | int, float]


class KernelSources:
    """Kernels by text, entry point and constants; the latest ones are kept."""

    def __init__(self, owner: object) -> None:
        self._owner = owner
        self._shaders: dict[str, Shader] = {}
        self._kernels: dict[tuple[object, ...], GpuKernel] = {}

    def get(self, wgsl: str | GpuKernel, entry: str | None, constants: Constants | None) -> GpuKernel:
        """Return a kernel.

        Raises `WgslError`, `InvalidArgumentError`: ``WEBGPU_ENTRY_UNKNOWN``, ``WEBGPU_CONSTANT_UNKNOWN``,
        ``WEBGPU_CONSTANT_MISSING``, ``WEBGPU_CONSTANT_INVALID``; `WgslNotSupportedError`:
        ``WEBGPU_BINDING_NOT_SUPPORTED`` for textures and samplers, ``WEBGPU_STAGE_NOT_SUPPORTED``.
        """
        if isinstance(wgsl, GpuKernel):
            if entry not in (None, wgsl.entry) or constants is not None:
                message = "The kernel was compiled with its entry point and constants: give the WGSL to have others."
                raise InvalidArgumentError(message, code="WEBGPU_ENTRY_UNKNOWN")
            if wgsl.owner is self._owner:
                return wgsl
            return self.get(wgsl.wgsl, wgsl.entry, dict(wgsl.constants.items()))
        if not isinstance(wgsl, str):
            message = f"A kernel is WGSL as a str, or a GpuKernel; {type(wgsl).__name__} was given."
            raise InvalidArgumentError(message, code="COMPUTE_KERNEL_SOURCE_REQUIRED")
        if entry is not None and not isinstance(entry, str):
            raise InvalidArgumentError(f"entry is {entry!r}: give a name.", code="WEBGPU_ENTRY_UNKNOWN")
        if constants is not None and not isinstance(constants, Mapping):
            message = f"constants is {constants!r}: give a dict from the names of overrides to numbers."
            raise InvalidArgumentError(message, code="WEBGPU_CONSTANT_INVALID")
        # By their texts: 0.0 and -0.0 are equal, and not the same to a kernel.
        key = (wgsl, entry, tuple((name, repr(value)) for name, value in constants.items()) if constants else ())
        kernel = self._kernels.get(key)
        if kernel is None:
            kernel = self._kernels[key] = self._make(wgsl, entry, constants or {})
            if len(self._kernels) > KERNELS_KEPT:
                del self._kernels[next(iter(self._kernels))]
        return kernel

    def _make(self, wgsl: str, entry: str | None, constants: Constants) -> GpuKernel:
        shader = self._shaders.get(wgsl)
        if shader is None:
            shader = self._shaders[wgsl] = reflect(wgsl)
            if len(self._shaders) > KERNELS_KEPT:
                del self._shaders[next(iter(self._shaders))]
        point = _entry_point(shader, entry)
        for binding in point.bindings:
            if binding.space == "handle":
                message = f"{binding.name!r} is a {binding.type}: kernels here take buffers only"
                raise refusal(wgsl, binding.name, message, code="WEBGPU_BINDING_NOT_SUPPORTED")
        return GpuKernel(shader, point, _constants(shader, point, constants), self._owner)


def require_device(kernel: GpuKernel, info: GpuDeviceInfo) -> None:
    """Raise `WgslNotSupportedError` where a device cannot run a kernel: ``WEBGPU_FEATURE_MISSING``.

    Raises `InvalidArgumentError` with ``WEBGPU_LIMIT_EXCEEDED``.
    """
    for enable in kernel.shader.enables:
        feature = _FEATURES.get(enable, enable).replace("_", "-")
        if feature not in info.features:
            where = "this device has" if info.generation else "the CPU has"
            message = f"{enable!r} needs the feature {feature}, and {where} {_list(info.features)}"
            raise refusal(kernel.wgsl, enable, message, code="WEBGPU_FEATURE_MISSING")
    x, y, z = kernel.workgroup_size
    require_limit(info, "maxComputeInvocationsPerWorkgroup", x * y * z, f"The workgroup size {x} x {y} x {z}")
    for axis, count in zip(AXES, kernel.workgroup_size, strict=True):
        require_limit(info, f"maxComputeWorkgroupSize{axis.upper()}", count, f"The workgroup size along {axis}")
    used = kernel.entry_point.workgroup_bytes(kernel.constants)
    require_limit(info, "maxComputeWorkgroupStorageSize", used, "The workgroup memory", unit=_BYTES)
    spaces = [binding.space for binding in kernel.bindings.values()]
    for space, limit in (
        ("storage", "maxStorageBuffersPerShaderStage"),
        ("uniform", "maxUniformBuffersPerShaderStage"),
    ):
        require_limit(info, limit, spaces.count(space), f"The number of {space} variables of {kernel.entry!r}")
    for binding in kernel.bindings.values():
        require_limit(info, "maxBindGroups", binding.group + 1, f"The group {binding.group} of {binding.name!r}")
        require_limit(
            info,
            "maxBindingsPerBindGroup",
            binding.binding + 1,
            f"The binding {binding.binding} of {binding.name!r}",
        )


def require_limit(info: GpuDeviceInfo, limit: str, need: int, what: str, *, unit: str = _COUNT) -> None:
    """Raise `InvalidArgumentError` with ``WEBGPU_LIMIT_EXCEEDED`` where a device's limit is below ``need``."""
    most = info.limits.get(limit)
    if most is not None and need > most:
        where = "this device has" if info.generation else "the CPU takes"
        message = f"{what} needs {need}{unit}, and {where} at most {most}{unit} ({limit})."
        raise InvalidArgumentError(message, code="WEBGPU_LIMIT_EXCEEDED")


def _entry_point(shader: Shader, entry: str | None) -> EntryPoint:
    points = {name: point for name, point in shader.entry_points.items() if point.stage == "compute"}
    if entry is None and len(points) == 1:
        return next(iter(points.values()))
    if entry in points:
        return points[entry]
    other = shader.entry_points.get(entry) if entry else next(iter(shader.entry_points.values()), None)
    if other is not None and (entry or not points):
        message = f"{other.name!r} is an entry point of the stage {other.stage}: kernels here are of the stage compute"
        raise refusal(shader.text, other.name, message, code="WEBGPU_STAGE_NOT_SUPPORTED")
    if not points:
        message = "The shader has no @compute entry point."
    elif entry is None:
        message = f"The shader has the entry points {_list(points)}: give one as `entry`."
    else:
        message = f"The shader has no @compute entry point {entry!r}: it has {_list(points)}."
    raise InvalidArgumentError(message, code="WEBGPU_ENTRY_UNKNOWN")


def _constants(shader: Shader, point: EntryPoint, constants: Constants) -> dict[str, float]:
    known = {override.name: override for override in shader.overrides.values()}
    by_key = {override.key: override for override in known.values()}
    given: dict[str, float] = {}
    for name, value in constants.items():
        override = known.get(name) if isinstance(name, str) else None
        override = override or by_key.get(str(name))
        if override is None:
            message = f"The shader has no override {name!r}: it has {_list(known)}."
            raise InvalidArgumentError(message, code="WEBGPU_CONSTANT_UNKNOWN")
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            message = f"The constant {name!r} is {value!r}: give a number."
            raise InvalidArgumentError(message, code="WEBGPU_CONSTANT_INVALID") from None
        given[override.key] = value if isinstance(value, bool | int | float) else number
    for override in point.overrides:
        if override.required and override.key not in given:
            message = f"The override {override.name!r} has no default: give it in `constants`."
            raise InvalidArgumentError(message, code="WEBGPU_CONSTANT_MISSING")
    return given


def _list(names: object) -> str:
    return ", ".join(map(str, names)) or "none"  # type: ignore[call-overload]
