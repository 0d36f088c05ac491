"""Runs what the executor writes for one operation: hand-built nodes of the typed tree, and leaves as arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from aikernel_web.compute.wgsl.executor import builtins, conversions, operators
from aikernel_web.compute.wgsl.executor.emitter import Atoms, Emitter
from aikernel_web.compute.wgsl.executor.literals import known
from aikernel_web.compute.wgsl.source import Source, Span
from aikernel_web.compute.wgsl.typed.tree import Binary, BuiltinCall, Construct, Local, LocalValue, Unary
from aikernel_web.compute.wgsl.types import Type

SPAN = Span(0, 0)


def run_builtin(name: str, arguments: Sequence[tuple[Type, Any]], result: Type | None = None, **more: Any) -> Any:
    """Return the leaves of a call: ``arguments`` are types and leaves (tuples of them for vectors)."""
    nodes = _nodes(arguments)
    node = BuiltinCall(SPAN, result or arguments[0][0], name, nodes)
    return _run(lambda emitter, atoms: builtins.call(emitter, node, atoms), arguments, **more)


def run_binary(operator: str, left: tuple[Type, Any], right: tuple[Type, Any], *, constant: bool = False) -> Any:
    """Return the leaves of an operation; ``constant`` has the right side known while it is compiled."""
    node = Binary(SPAN, left[0], operator, *_nodes((left, right)))
    return _run(lambda emitter, atoms: operators.binary(emitter, node, *atoms), (left, right), known=(constant,))


def run_unary(operator: Any, operand: tuple[Type, Any]) -> Any:
    node = Unary(SPAN, operand[0], operator, _nodes((operand,))[0])
    return _run(lambda emitter, atoms: operators.unary(emitter, node, *atoms), (operand,))


def run_construct(kind: Type, *arguments: tuple[Type, Any]) -> Any:
    node = Construct(SPAN, kind, _nodes(arguments))
    return _run(lambda emitter, atoms: conversions.construct(emitter, node, atoms), arguments)


def written(write: Callable[[Emitter, list[Atoms]], Atoms], arguments: Sequence[tuple[Type, Any]]) -> list[str]:
    """Return the lines that are written for an operation."""
    emitter = Emitter(Source(""))
    names: dict[str, Any] = {}
    write(emitter, [_bind(value, names) for _, value in arguments])
    return [line for _, line in emitter.lines]


def _nodes(arguments: Sequence[tuple[Type, Any]]) -> tuple[LocalValue, ...]:
    return tuple(LocalValue(SPAN, kind, Local("value", SPAN, kind, "let")) for kind, _ in arguments)


def _bind(value: Any, names: dict[str, Any]) -> Atoms:
    if isinstance(value, tuple):
        return tuple(_bind(part, names) for part in value)
    name = f"a{len(names)}"
    names[name] = value
    return name


def _run(
    write: Callable[[Emitter, list[Atoms]], Atoms],
    arguments: Sequence[tuple[Type, Any]],
    *,
    lanes: Any = None,
    mask: Any = True,
    known: tuple[bool, ...] = (),
) -> Any:
    emitter = Emitter(Source(""))
    emitter.mask = "mask"
    names: dict[str, Any] = {"lanes": lanes, "mask": mask}
    atoms = [_bind(value, names) for _, value in arguments]
    if any(known):
        atoms[-1] = _constants(emitter, arguments[-1][1])
    outcome = write(emitter, atoms)
    space = {**emitter.objects, **names}
    with np.errstate(all="ignore"):
        exec("\n".join(line for _, line in emitter.lines), space)
    return _values(outcome, space)


def _constants(emitter: Emitter, value: Any) -> Atoms:
    if isinstance(value, tuple):
        return tuple(_constants(emitter, part) for part in value)
    atom = emitter.constant(value)
    assert known(emitter, atom) is not None
    return atom


def _values(atoms: Atoms, space: dict[str, Any]) -> Any:
    return tuple(_values(part, space) for part in atoms) if isinstance(atoms, tuple) else space[atoms]
