"""From a typed shader to the Python function that runs a chunk of its lanes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import Any, Final, TypeAlias, cast

from ..layout import size_of
from ..shader import Binding
from ..typed.steps import Steps, run
from ..typed.tree import Program
from ..types import Array, OverrideCount, Type
from . import places
from .calls import body
from .checks import NO_CHECKS, Checks
from .compaction import SHAPE
from .context import Context
from .elements import constant_owners, declared
from .emitter import Atoms, Emitter
from .expressions import value
from .lanes import Lanes
from .loops import GROUPS, TICKS
from .needs import Needs
from .outline import outlined
from .release import release
from .scan import Nodes, inlined_size, variables_of
from .statements import block

Chunk: TypeAlias = Callable[[Lanes, tuple[Any, ...], Any], Iterator[None]]
"""Runs the lanes of a chunk over the memories of the bindings, and tells a recorder; yields now and then."""

_INPUTS: Mapping[str, str] = MappingProxyType(
    {
        "local_invocation_id": "local_id",
        "local_invocation_index": "local_index",
        "global_invocation_id": "global_id",
        "global_invocation_index": "global_index",
        "workgroup_id": "workgroup_id",
        "workgroup_index": "workgroup_index",
        "num_workgroups": "num_workgroups",
        "subgroup_invocation_id": "subgroup_invocation_id",
        "subgroup_size": "subgroup_width",
        "subgroup_id": "subgroup_id",
        "num_subgroups": "num_subgroups",
    }
)
"""For each built-in value what `Lanes` calls it."""
_GROUP_BYTES_MAX: Final = 1 << 28
_SHORT: Final = 100
"""Lines; between two of them nobody else gets to run."""
_SCALAR: Final = 4
"""The bytes of a scalar for one lane."""
_TRIPLES = frozenset(("local_invocation_id", "global_invocation_id", "workgroup_id", "num_workgroups"))


@dataclass(frozen=True, slots=True)
class Compiled:
    """A chunk's function, its text, and how much memory a lane takes, about."""

    run: Chunk
    text: str
    lane_bytes: int
    group_bytes: int
    short: bool
    """Whether it has no loops and few lines."""


def compile_chunk(
    program: Program, entry: str, constants: Mapping[str, float], *, nodes: Nodes, checks: Checks, needs: Needs
) -> Compiled:
    """Write and compile the function of a kernel; raises `WgslError` for what does not run on the CPU."""
    emitter = Emitter(program.source, checks=checks)
    function = program.functions[entry]
    emitter.span = function.span
    emitter.require_room(inlined_size(nodes, entry))
    overrides = program.override_values(entry, constants)
    context = Context(program, emitter, overrides, block, needs.workgroups, needs.waiting)
    if checks == NO_CHECKS:
        context.constant = constant_owners(chain.from_iterable(nodes.values()))
    emitter.line(f"{TICKS} = 0")
    if needs.waiting:
        emitter.line(f"{GROUPS} = lanes.rows")
    emitter.line(f"{SHAPE} = lanes.shape")
    point = program.shader.entry_points[entry]
    _bind(context, point.bindings)
    run(_declare_module(context, variables_of(nodes), entry, constants))
    for parameter, inputs in zip(function.parameters, function.inputs, strict=True):
        given = (
            tuple(_input(emitter, name) for name in inputs) if isinstance(inputs, tuple) else _input(emitter, inputs)
        )
        context.names[parameter] = given
    run(body(context, function))
    emitter.line("yield")
    lines, scalars = release(emitter.lines, emitter.sizes)
    lane_bytes = _SCALAR * scalars
    each = lane_bytes * math.prod(point.workgroup_size(constants)) + context.group_bytes
    if needs.workgroups and each > _GROUP_BYTES_MAX:
        message = f"the variables of one workgroup take {each} bytes: the CPU runs it with up to {_GROUP_BYTES_MAX}"
        emitter.refuse(function.span, message, "WGSL_LIMIT_EXCEEDED")
    text = "\n".join(
        ["def kernel(lanes, memories, recorder):", *(" " * depth + line for depth, line in outlined(lines)), ""]
    )
    scope = dict(emitter.objects)
    exec(compile(text, "<kernel>", "exec"), scope)  # noqa: S102 - a text of ours, with nothing of the shader's in it
    chunk = cast("Chunk", scope["kernel"])
    short = len(lines) <= _SHORT and not any(line.startswith("while ") for _, line in lines)
    return Compiled(chunk, text, lane_bytes, context.group_bytes, short)


def _bind(context: Context, bindings: tuple[Binding, ...]) -> None:
    """Write the names of the bindings' memories."""
    emitter = context.emitter
    names = [emitter.name("b") for _ in bindings]
    if names:
        emitter.line(f"{', '.join(names)}, = memories")
    for name, binding in zip(names, bindings, strict=True):
        if binding.space not in ("storage", "uniform"):
            span = context.program.variables[binding.name].span
            emitter.refuse(span, f"{binding.name!r} is {binding.type}: the CPU runs shaders over buffers only")
        context.roots[binding.name] = places.BufferMemory(binding.type, name)


def _declare_module(context: Context, used: frozenset[str], entry: str, constants: Mapping[str, float]) -> Steps[None]:
    """Write the private and workgroup variables that the entry point uses."""
    emitter, program = context.emitter, context.program
    for name, variable in program.variables.items():
        if name not in used or name in context.roots or variable.type is None:
            continue
        if variable.space == "workgroup":
            kind = _counted(program, variable.type, entry, constants)
            context.group_bytes += size_of(kind)
            context.roots[name] = places.declare_workgroup(emitter, kind)
        elif variable.space == "private":
            given = program.initial.get(name)
            begins = None if given is None else (yield value(context, given))
            context.roots[name] = declared(context, name, variable.type, begins)
        else:
            emitter.refuse(variable.span, f"{name!r} is in {variable.space!r}, which the CPU does not have")


def _counted(program: Program, kind: Type, entry: str, constants: Mapping[str, float]) -> Type:
    """Return a type whose counts are all numbers."""
    if isinstance(kind, Array) and isinstance(kind.count, OverrideCount):
        return Array(kind.element, program.count_of(kind, entry, constants))
    return kind


def _input(emitter: Emitter, name: str) -> Atoms:
    lanes = f"lanes.{_INPUTS[name]}"
    return emitter.temps(3, lanes) if name in _TRIPLES else emitter.temp(lanes)
