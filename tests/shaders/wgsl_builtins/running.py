"""From a probe to a kernel, and to two results of it."""

from __future__ import annotations

import re
import traceback
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import edges
from .judging import wrong
from .probe import Probe

_NAMES = {"f": "f32", "i": "i32", "u": "u32", "b": "bool"}
_STORED = {"f": "f32", "i": "i32", "u": "u32", "b": "u32"}
_DTYPES = {"f": np.float32, "i": np.int32, "u": np.uint32, "b": np.uint32}
_LETTERS = "abcd"
_VECTORS = 96
_SIZE = 64


async def compared(gpu: Any, cpu: Any, probe: Probe) -> str:
    """Run a probe on both; return in words what went wrong, or nothing."""
    problems = []
    for width in _widths(probe):
        arguments = _arguments(probe)
        try:
            ours, theirs = [await _run(provider, probe, arguments, width) for provider in (cpu, gpu)]
        except Exception:
            problems.append(f"with width {width}: {traceback.format_exc(limit=-3)}")
            continue
        problems += [f"with width {width}: {line}" for line in wrong(probe, arguments, ours, theirs)]
    return "\n".join(problems)


def _widths(probe: Probe) -> tuple[str, ...]:
    return ("",) if probe.widths and "n" not in probe.widths else ("1", "2", "4")


def _arguments(probe: Probe) -> list[NDArray[Any]]:
    if not probe.widths or "n" in probe.widths:
        return _alike(probe, edges.crossed(probe.takes))
    arrays = []
    if all(width == "1" for width in probe.widths):
        return edges.crossed(probe.takes)
    for at, (kind, width) in enumerate(zip(probe.takes, probe.widths, strict=True)):
        shape = tuple(map(int, width.split("x")))
        flat = edges.vectors(kind, _VECTORS, int(np.prod(shape)), 10 * at)
        arrays.append(flat.reshape(_VECTORS, *(() if shape == (1,) else shape)))
    return arrays


def _alike(probe: Probe, arrays: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Have arguments that stay scalars be the same for each four elements: vectors take them in fours."""
    kept = dict(enumerate(probe.widths))
    return [np.repeat(array[::4], 4) if kept.get(at) == "1" else array for at, array in enumerate(arrays)]


def _spelled(kind: str, width: str, names: dict[str, str]) -> str:
    if "x" in width:
        return f"mat{width}<{names[kind]}>"
    return names[kind] if width == "1" else f"vec{width}<{names[kind]}>"


async def _run(gpu: Any, probe: Probe, arguments: list[NDArray[Any]], width: str) -> NDArray[Any]:
    """Return the result: an array of what the expression gives."""
    widths = [*(probe.widths or "n" * len(probe.takes)), probe.wide if probe.widths else "n"]
    widths = [width if each == "n" else each for each in widths]
    kinds = probe.takes + probe.gives
    stored = [_spelled(kind, each, _STORED) for kind, each in zip(kinds, widths, strict=True)]
    used = [_spelled(kind, each, _NAMES) for kind, each in zip(kinds, widths, strict=True)]
    names = [*_LETTERS[: len(probe.takes)], "out"]
    lines = [
        f"@group(0) @binding({at}) var<storage, {'read_write' if name == 'out' else 'read'}> g_{name}: array<{kind}>;"
        for at, (name, kind) in enumerate(zip(names, stored, strict=True))
    ]
    # Vectors of scalars that go with each four are loaded from the first of their four.
    loads = [
        f"  let {name} = {used[at]}(g_{name}[i{_stride(each, width, probe)}]);"
        for at, (name, each) in enumerate(zip(names[:-1], widths, strict=False))
    ]
    expression = re.sub(
        r"VEC\((-?\d+)\)", lambda found: f"{_spelled('i', width, _NAMES)}({found[1]})", probe.expression
    )
    if probe.takes[0] != probe.gives and not probe.widths and re.match(r"(i32|u32|bool|f32)\(", expression):
        expression = f"{used[-1]}(a)"
    if expression.startswith("bitcast") and not probe.widths:
        expression = f"bitcast<{used[-1]}>(a)"
    lines += [
        f"@compute @workgroup_size({_SIZE})",
        "fn main(@builtin(global_invocation_id) id: vec3<u32>) {",
        "  let i = id.x;",
        "  if (i >= arrayLength(&g_out)) { return; }",
        *loads,
        f"  let r: {used[-1]} = {expression};",
        f"  g_out[i] = {stored[-1]}(r);",
        "}",
    ]
    count = arguments[0].size if width else len(arguments[0])
    lanes = count // int(width or 1)
    given = {f"g_{name}": _shaped(array, each) for name, array, each in zip(names, arguments, widths, strict=False)}
    shape = tuple(map(int, widths[-1].split("x")))
    out = np.zeros((lanes, *(() if shape == (1,) else shape)), _DTYPES[probe.gives])
    bindings = {**given, "g_out": out}
    result = await gpu.dispatch("\n".join(lines), bindings, workgroups=-(-lanes // _SIZE))
    found = np.asarray(result["g_out"])
    return found.ravel() if width else found


def _stride(each: str, width: str, probe: Probe) -> str:
    return f" * {width}u" if each == "1" and width not in ("", "1") and probe.widths else ""


def _shaped(array: NDArray[Any], width: str) -> NDArray[Any]:
    return array.reshape(-1, int(width)) if width in ("2", "4") and array.ndim == 1 else array
