"""Pipelines and bind groups of one device, each made once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from ...contracts.gpu import GpuBinding
from ...contracts.gpu_errors import GpuError, GpuValidationError
from ...contracts.shader_errors import WgslError
from .buffers import Buffer
from .errors import plain, shader_error, translated
from .naga import adapted

_GROUPS_MAX: Final = 1024
"""Sets of bind groups that are kept; a few kernels over a few arrays need a few."""

Key: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...], tuple[GpuBinding, ...]]
"""Text, entry point, constants by their texts (0.0 and -0.0 are equal, and not the same), bindings."""
BindGroups: TypeAlias = tuple[tuple[int, Any], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pipeline:
    """A compiled kernel; ``bindings`` are in the order of a dispatch's buffers, ``layouts`` one for each group."""

    raw: Any
    entry: str
    key: Key
    bindings: tuple[GpuBinding, ...]
    layouts: tuple[Any, ...]


class Pipelines:
    """What one device has compiled; pipelines are known by number."""

    def __init__(self, wgpu: Any, device: Any) -> None:
        self._device = device
        # Drivers in software (SwiftShader, lavapipe) make workgroup memory zero once for each of their threads.
        self._clear_workgroup = device.adapter.info["adapter_type"] == "CPU"
        self._stage = wgpu.ShaderStage.COMPUTE
        self._numbers: dict[Key, int] = {}
        self._pipelines: dict[int, Pipeline] = {}
        self._groups: dict[object, BindGroups] = {}
        self._keys_of: defaultdict[object, set[object]] = defaultdict(set)

    def __getitem__(self, number: int) -> Pipeline:
        return self._pipelines[number]

    def __contains__(self, number: int) -> bool:
        return number in self._pipelines

    def counts(self) -> dict[str, int]:
        """Return ``pipelines`` and ``bindGroups``."""
        return {"pipelines": len(self._pipelines), "bindGroups": sum(map(len, self._groups.values()))}

    def compile(
        self, wgsl: str, entry: str, constants: Mapping[str, float], bindings: Sequence[GpuBinding], *, number: int
    ) -> int:
        """Return the pipeline's number: ``number`` where it is a new one; raises as `GpuDevice.compile`."""
        key = wgsl, entry, tuple(sorted((name, repr(value)) for name, value in constants.items())), tuple(bindings)
        known = self._numbers.get(key)
        if known is not None:
            return known
        stage = {"module": self._module(wgsl, entry), "entry_point": entry, "constants": dict(constants)}
        with translated(lambda said: _pipeline_error(entry, said)):
            layouts = self._layouts(bindings)
            layout = self._device.create_pipeline_layout(bind_group_layouts=layouts)
            raw = self._device.create_compute_pipeline(layout=layout, compute=stage)
        self._pipelines[number] = Pipeline(raw, entry, key, tuple(bindings), layouts)
        self._numbers[key] = number
        return number

    def release(self, number: int) -> None:
        """Let go of a pipeline and of its bind groups."""
        pipeline = self._pipelines.pop(number, None)
        if pipeline is not None:
            del self._numbers[pipeline.key]
            self.unbind(number)

    def bind(self, number: int, buffers: Sequence[Buffer]) -> BindGroups:
        """Return (group, bind group) pairs that give a pipeline its buffers, each with its exact size."""
        key = number, tuple((id(buffer.memory), buffer.size) for buffer in buffers)
        known = self._groups.get(key)
        if known is not None:
            return known
        pipeline = self._pipelines[number]
        if len(buffers) != len(pipeline.bindings):
            message = f"{pipeline.entry!r} takes {len(pipeline.bindings)} buffers, {len(buffers)} were given."
            raise GpuValidationError(message)
        entries: list[list[dict[str, Any]]] = [[] for _ in pipeline.layouts]
        for (group, binding, _), buffer in zip(pipeline.bindings, buffers, strict=True):
            resource = {"buffer": buffer.memory.raw, "offset": 0, "size": buffer.size}
            entries[group].append({"binding": binding, "resource": resource})
        with translated():
            made = tuple(
                (group, self._device.create_bind_group(layout=layout, entries=entries[group]))
                for group, layout in enumerate(pipeline.layouts)
            )
        if len(self._groups) >= _GROUPS_MAX:
            self._groups.clear()
            self._keys_of.clear()
        self._groups[key] = made
        for part in (number, *(buffer.memory for buffer in buffers)):
            self._keys_of[part].add(key)
        return made

    def unbind(self, part: object) -> None:
        """Let go of every bind group with this memory, or of this pipeline."""
        for key in self._keys_of.pop(part, ()):
            self._groups.pop(key, None)

    def close(self) -> None:
        """Let go of everything."""
        for kept in (self._groups, self._keys_of, self._numbers, self._pipelines):
            kept.clear()

    def _layouts(self, bindings: Sequence[GpuBinding]) -> tuple[Any, ...]:
        groups = 1 + max((group for group, _, _ in bindings), default=-1)
        entries: list[list[dict[str, Any]]] = [[] for _ in range(groups)]
        for group, binding, kind in bindings:
            entries[group].append({"binding": binding, "visibility": self._stage, "buffer": {"type": kind}})
        return tuple(self._device.create_bind_group_layout(entries=group) for group in entries)

    def _module(self, wgsl: str, entry: str) -> Any:
        text = adapted(wgsl, entry, clear_workgroup=self._clear_workgroup)
        try:
            return self._create_module(text)
        except WgslError:
            if text != wgsl:
                self._create_module(wgsl)  # which raises with the places of the text that was given
            raise

    def _create_module(self, wgsl: str) -> Any:
        with translated(lambda said: shader_error(wgsl, said)):
            return self._device.create_shader_module(code=wgsl)


def _pipeline_error(entry: str, said: str) -> GpuError:
    message = f"The GPU makes no pipeline of the entry point {entry!r}: {plain(said)}"
    return GpuError(message, code="WEBGPU_PIPELINE_INVALID")
