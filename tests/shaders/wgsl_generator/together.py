"""Statements that all invocations of a workgroup come to together: barriers, and what goes through shared memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .literals import literal
from .place import Place
from .scope import Name
from .types import I32, U32, Type, Vector

if TYPE_CHECKING:
    from .choices import Choices
    from .expressions import Expressions

ROUNDS = 5
"""Of a loop at most."""
_SUBGROUP = (
    "subgroupAdd({})",
    "subgroupMul({})",
    "subgroupMin({})",
    "subgroupMax({})",
    "subgroupAnd({})",
    "subgroupOr({})",
    "subgroupXor({})",
    "subgroupInclusiveAdd({})",
    "subgroupExclusiveAdd({})",
    "subgroupInclusiveMul({})",
    "subgroupExclusiveMul({})",
    "subgroupBroadcast({}, 1u)",
    "subgroupBroadcastFirst({})",
    "subgroupShuffleXor({}, 1u)",
    "quadBroadcast({}, 2u)",
    "quadSwapX({})",
    "quadSwapY({})",
    "quadSwapDiagonal({})",
)


class Together:
    """A part of `Statements`, which has what is named here."""

    if TYPE_CHECKING:
        choices: Choices
        expressions: Expressions
        size: int
        shared: Type

        def below(self, count: int) -> int: ...
        def fresh(self, prefix: str) -> str: ...
        def value(self, place: Place, wanted: Type, depth: int = 3) -> str: ...
        def block(self, place: Place, most: int) -> list[str]: ...

    def exchange(self, place: Place) -> list[str]:
        name = self.fresh("s")
        value, at = self.value(place, Vector(2, "i32")), self.value(place, U32, 2)
        place.scope.add(Name(name, Vector(2, "i32")))
        return [
            f"shared_pairs[local] = {value};",
            "workgroupBarrier();",
            f"let {name} = shared_pairs[({at}) % {self.size}u];",
            "workgroupBarrier();",
        ]

    def exchange_values(self, place: Place) -> list[str]:
        name = self.fresh("s")
        value, at = self.value(place, self.shared, 2), self.value(place, U32, 2)
        place.scope.add(Name(name, self.shared))
        return [
            f"shared_values[local] = {value};",
            "workgroupBarrier();",
            f"let {name} = shared_values[({at}) % {self.size}u];",
            "workgroupBarrier();",
        ]

    def subgroup(self, place: Place) -> list[str]:
        name, kind = self.fresh("s"), (I32, U32, Vector(2, "u32"))[self.below(3)]
        value = self.value(place, kind, 2)
        call = _SUBGROUP[self.below(len(_SUBGROUP))].format(value)
        place.scope.add(Name(name, kind))
        return [f"let {name} = {call};"]

    def exchange_in_storage(self, place: Place) -> list[str]:
        name = self.fresh("s")
        value, at = self.value(place, U32), self.value(place, U32, 2)
        place.scope.add(Name(name, U32))
        return [
            f"out_u[index * 4u] = {value};",
            "storageBarrier();",
            f"let {name} = out_u[(first + ({at}) % {self.size}u) * 4u];",
            "storageBarrier();",
        ]

    def one_for_all(self, place: Place) -> list[str]:
        name = self.fresh("s")
        value, who = self.value(place, U32), self.below(self.size)
        place.scope.add(Name(name, U32, uniform=True))
        return [
            f"if (local == {who}u) {{ shared_one = {value}; }}",
            f"let {name} = workgroupUniformLoad(&shared_one);",
        ]

    def uniform_if(self, place: Place) -> list[str]:
        kind = (I32, U32)[self.below(2)]
        left = self.expressions.uniform(place.scope, kind)
        lines = [f"if ({left} > {literal(self.choices, kind)}) {{", *self.block(place.inner(), 3)]
        if self.below(2):
            lines += ["} else {", *self.block(place.inner(), 2)]
        return [*lines, "}"]

    def uniform_for(self, place: Place) -> list[str]:
        if place.loops or place.depth > 1:
            return self.exchange(place)
        name = self.fresh("i")
        limit = f"{self.expressions.uniform(place.scope, U32)} % {ROUNDS}u"
        inner = place.inner(loops=1)
        inner.scope.add(Name(name, U32, uniform=True))
        return [f"for (var {name} = 0u; {name} < {limit}; {name}++) {{", *self.block(inner, 3), "}"]
