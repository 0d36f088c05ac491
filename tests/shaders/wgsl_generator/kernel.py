"""A whole kernel: its declarations, its functions, its entry point, and what it is run with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from .choices import Choices
from .expressions import Expressions, Function
from .literals import literal
from .place import Place, Procedure
from .scope import Name, Scope
from .statements import COUNTERS, Statements
from .types import BOOL, EXACT, I32, U32, UNIT, Array, Matrix, Scalar, Struct, Type, Vector

_SIZES: Final = ((8, 1, 1), (1, 1, 1), (4, 4, 1), (32, 1, 1), (2, 3, 2), (64, 1, 1), (7, 1, 1))
_GROUPS: Final = ((1, 1, 1), (2, 1, 1), (3, 2, 1), (1, 2, 2))
_PARAMS = Struct("Params", (("a", U32), ("b", I32), ("c", UNIT), ("d", Vector(3, "u32")), ("e", EXACT)))

_MODULE = """\
{enables}{structs}@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage> in_u: array<u32>;
@group(0) @binding(2) var<storage> in_i: array<i32>;
@group(0) @binding(3) var<storage> in_f: array<f32>;
@group(0) @binding(4) var<storage, read_write> out_u: array<u32>;
@group(0) @binding(5) var<storage, read_write> out_i: array<i32>;
@group(0) @binding(6) var<storage, read_write> out_f: array<f32>;
@group(0) @binding(7) var<storage, read_write> counts: array<atomic<u32>, {counters}>;
@group(0) @binding(8) var<storage, read_write> records: array<Record>;
override given: u32 = 3u;
var<workgroup> shared_values: array<{shared}, {size}>;
var<workgroup> shared_pairs: array<vec2<i32>, {size}>;
var<workgroup> shared_one: u32;
var<workgroup> shared_counts: array<atomic<u32>, {counters}>;
var<workgroup> slots: array<atomic<u32>, {size}>;
var<private> local: u32;
{private}
{functions}
@compute @workgroup_size({sizes})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_id) me: vec3<u32>,
  @builtin(local_invocation_index) local_index: u32,
  @builtin(global_invocation_id) id: vec3<u32>,
) {{
  local = local_index;
  atomicAdd(&counts[0], 1u);
  let first = ((group.z * groups.y + group.y) * groups.x + group.x) * {size}u;
  let index = first + local_index;
  var u0 = in_u[index] + given + params.a;
  var i0 = in_i[index];
  var f0 = in_f[index];
  var e0 = f32(i0 % 1000i) * 0.125;
  var b0 = (u0 & 4u) != 0u;
  out_i[index * 4u + 3u] = i0;
  records[index].{member} = records[index].{member};
{body}
{results}
}}
"""


_TOGETHER = """\
  workgroupBarrier();
  u0 += atomicLoad(&shared_counts[u0 % {counters}u]) ^ atomicLoad(&slots[local]);
  workgroupBarrier();
"""
"""The second barrier: functions that are called for the results may count on."""


@dataclass(frozen=True)
class GeneratedKernel:
    """A kernel, how many invocations it is run with, and along which axes. `inputs.bindings` makes its bindings.

    ``record`` is NumPy's dtype of a record, as a list.
    """

    wgsl: str
    invocations: int
    workgroups: tuple[int, int, int]
    record: list[Any]


def build_kernel(choices: Choices, *, statements: int = 24, wild: bool = False) -> GeneratedKernel:
    """Make a kernel of about so many statements.

    A wild one has what only WGSL's newer compilers have (subgroups, elements of values by indices of run time), and
    indices that are out of bounds.
    """
    sizes = _SIZES[choices.below(len(_SIZES))]
    groups = _GROUPS[choices.below(len(_GROUPS))]
    size = math.prod(sizes)
    structs: list[Struct] = []
    expressions = Expressions(choices, wild=wild)
    maker = Statements(choices, expressions, structs, size, budget=0)
    for number in range(choices.below(3)):
        members = [(f"m{at}", maker.any_type()) for at in range(1 + choices.below(3))]
        structs.append(Struct(f"S{number}", tuple(members)))
    record = Struct("Record", tuple((f"m{at}", _stored(choices, 0)) for at in range(1 + choices.below(4))))
    maker.shared = maker.any_type()
    private = _private(choices, maker)
    functions = [_function(choices, maker, private, number) for number in range(choices.below(4))]
    maker.budget = 2 + choices.below(statements)
    scope = Scope(
        [
            Name("local_index", U32),
            Name("me", Vector(3, "u32")),
            Name("id", Vector(3, "u32")),
            Name("index", U32),
            Name("groups", Vector(3, "u32"), uniform=True),
            Name("group", Vector(3, "u32"), uniform=True),
            Name("params", _PARAMS, uniform=True),
            *private,
            Name("records[index]", record, variable=True),
            *(
                Name(text, kind, variable=True, pointable=True)
                for text, kind in (("u0", U32), ("i0", I32), ("f0", UNIT), ("e0", EXACT), ("b0", BOOL))
            ),
        ],
        wild,
    )
    # Those that may be left early have no barriers.
    together = choices.below(4) < 3
    body = maker.whole(Place(scope, uniform=together, leaves=not together))
    if together:
        body += _TOGETHER.format(counters=len(COUNTERS)).splitlines()
    wgsl = _MODULE.format(
        enables="enable subgroups;\n" if any("subgroup" in line or "quad" in line for line in body) else "",
        structs="".join(struct.declaration() for struct in [_PARAMS, *structs, *_within(record)]),
        shared=maker.shared,
        member=record.members[0][0],
        size=size,
        counters=len(COUNTERS),
        sizes=", ".join(map(str, sizes)),
        private="\n".join(
            f"var<private> {name.text}: {name.type} = {literal(choices, name.type)};" for name in private
        ),
        functions="".join(functions),
        body="\n".join(body),
        results="\n".join(_results(expressions, scope)),
    )
    return GeneratedKernel(wgsl, size * math.prod(groups), groups, _dtype(record))


def _stored(choices: Choices, depth: int) -> Type:
    """Return a type of numbers that a buffer can hold."""
    kind = ("u32", "i32", "exact", "unit")[choices.below(4)]
    what = choices.below(8 if depth < 2 else 5)
    if what < 2:
        return Scalar(kind)  # type: ignore[arg-type]
    if what < 4:
        return Vector(2 + choices.below(3), kind)  # type: ignore[arg-type]
    if what == 4:
        return Matrix(2 + choices.below(3), 2 + choices.below(3))
    if what < 7:
        return Array(_stored(choices, depth + 1), 2 + choices.below(3))
    members = tuple((f"n{at}", _stored(choices, depth + 1)) for at in range(1 + choices.below(3)))
    # Equal names are equal structures.
    return Struct("N" + "_".join(_letters(member) for _, member in members), members)


def _letters(kind: Type) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in f"{kind}{getattr(kind, 'kind', '')}")


def _within(kind: Type) -> list[Struct]:
    """Return the structures that a type is made of, each once, and itself last."""
    if isinstance(kind, Array):
        return _within(kind.element)
    if not isinstance(kind, Struct):
        return []
    parts = [struct for _, member in kind.members for struct in _within(member)]
    return list(dict.fromkeys([*parts, kind]))


def _dtype(kind: Type) -> Any:
    """Return NumPy's dtype of a structure as a list."""
    assert isinstance(kind, Struct)
    return [(name, *_element(member)) for name, member in kind.members]


def _element(kind: Type) -> tuple[Any, tuple[int, ...]]:
    if isinstance(kind, Struct):
        return _dtype(kind), ()
    if isinstance(kind, Array):
        base, shape = _element(kind.element)
        return base, (kind.count, *shape)
    if isinstance(kind, Matrix):
        return "f4", (kind.columns, kind.rows)
    base = {"u32": "u4", "i32": "i4"}.get(kind.kind, "f4")
    return base, (kind.size,) if isinstance(kind, Vector) else ()


def _private(choices: Choices, maker: Statements) -> list[Name]:
    return [Name(f"p{number}", maker.any_type(), variable=True) for number in range(choices.below(3))]


def _function(choices: Choices, maker: Statements, private: list[Name], number: int) -> str:
    """Return the text of a function, and let the expressions after it call it."""
    parameters = [maker.any_type() for _ in range(choices.below(4))]
    result = maker.any_type() if choices.below(3) == 0 else maker.plain_type()
    names = [Name(f"x{at}", kind) for at, kind in enumerate(parameters)]
    heads = [f"{name.text}: {name.type}" for name in names]
    pointee: Type | None = None
    if choices.below(2):
        pointee = maker.any_type()
        names.append(Name("(*out)", pointee, variable=True))
        heads.insert(0, f"out: ptr<function, {pointee}>")
    scope = Scope([Name("params", _PARAMS), *private, Name("local", U32), *names], maker.expressions.wild)
    opening = ["  var t = f32(params.d.x % 100u) * 0.125;", "  var k = params.d.yz;", "  var y = params.b > 3i;"]
    for text, kind in (("t", EXACT), ("k", Vector(2, "u32")), ("y", BOOL)):
        scope.add(Name(text, kind, variable=True, pointable=True))
    maker.budget = 1 + choices.below(6)
    # Not so deep as the entry point: it may call this in a loop.
    body = maker.block(Place(scope, depth=1, result=result), 4)
    last = maker.expressions.make(scope, result, 2)
    name = f"call{number}"
    if pointee is None:
        maker.expressions.functions.append(Function(name, tuple(parameters), result))
    else:
        maker.procedures.append(Procedure(name, pointee, tuple(parameters), result))
    lines = [f"fn {name}({', '.join(heads)}) -> {result} {{", *opening, *body, f"  return {last};", "}"]
    return "\n".join(lines) + "\n"


def _results(expressions: Expressions, scope: Scope) -> list[str]:
    """Return the statements that write what there is at the end; exact floats before the unit ones."""
    outputs: list[tuple[str, Type]] = [("out_u", U32), ("out_i", I32), ("out_f", EXACT), ("out_f", UNIT)]
    at = dict.fromkeys(("out_u", "out_i", "out_f"), 0)
    lines = []
    for array, kind in outputs:
        for number in range(2 if array == "out_f" else 4):
            value = {U32: "u0", I32: "i0", EXACT: "e0", UNIT: "f0"}[kind] if not number else None  # type: ignore[index]
            value = value or expressions.make(scope, kind, 1)
            lines.append(f"  {array}[index * 4u + {at[array]}u] = {value};")
            at[array] += 1
    return lines
