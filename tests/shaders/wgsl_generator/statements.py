"""Statements. Loops end: each counts in a variable that nothing else writes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

from .choices import Choices
from .expressions import Expressions
from .place import Place, Procedure
from .scope import INDEX, Name, Scope
from .together import ROUNDS, Together
from .types import BOOL, I32, KINDS, U32, Array, Matrix, Scalar, Struct, Type, Vector

INDENT = "  "
_COMPOUND = {
    "u32": ("+", "-", "*", "&", "|", "^", "/", "%"),
    "i32": ("+", "-", "*", "&", "|", "^", "/", "%"),
    "bool": ("&", "|"),
    "unit": ("*",),
}
COUNTERS = ("atomicAdd", "atomicMax", "atomicMin", "atomicOr", "atomicAnd", "atomicXor", "atomicSub", "atomicAdd")
"""What may be done to each of the counters that all share: one function each, so that the order does not matter."""


def _ends_in_component(path: str) -> bool:
    return path[-2:] in (".x", ".y", ".z", ".w") or (path.endswith("]") and path[-3] == INDEX and path[-2] in "\2\3\4")


@dataclass
class Statements(Together):
    """Makes statements; ``budget`` is how many."""

    choices: Choices
    expressions: Expressions
    structs: list[Struct]
    size: int
    """Invocations of a workgroup."""
    budget: int
    procedures: list[Procedure] = field(default_factory=list)
    shared: Type = I32
    """What ``shared_values`` has one of for each invocation."""
    named: int = 0

    def below(self, count: int) -> int:
        return self.choices.below(count)

    def fresh(self, prefix: str) -> str:
        self.named += 1
        return f"{prefix}{self.named}"

    def any_type(self) -> Type:
        """Return a type of a variable."""
        what = self.below(8)
        if what == 4:
            return Matrix(2 + self.below(3), 2 + self.below(3))
        if what == 5:
            return Array(self.plain_type(), 2 + self.below(4))
        if what >= 6 and self.structs:
            struct = self.structs[self.below(len(self.structs))]
            return Array(struct, 2 + self.below(2)) if self.below(4) == 3 else struct
        return self.plain_type()

    def plain_type(self) -> Type:
        kind = KINDS[self.below(len(KINDS))]
        return Vector(2 + self.below(3), kind) if self.below(2) else Scalar(kind)

    def value(self, place: Place, wanted: Type, depth: int = 3) -> str:
        return self.expressions.make(place.scope, wanted, depth - min(place.loops, 1))

    def whole(self, place: Place) -> list[str]:
        """Return the lines of statements until the budget is spent."""
        lines: list[str] = []
        while self.budget > 0:
            lines += self.block(place, 1)
        return lines

    def block(self, place: Place, most: int) -> list[str]:
        """Return the lines of up to ``most`` statements."""
        lines: list[str] = []
        for _ in range(1 + self.below(most)):
            if self.budget <= 0:
                break
            self.budget -= 1
            lines += [INDENT + line for line in self.statement(place)]
        return lines

    def statement(self, place: Place) -> list[str]:
        forms: list[Callable[[Place], list[str]]] = (
            3 * [self._assign] + 2 * [self._declare] + [self._compound, self._count]
        )
        if place.depth < 3:
            forms += 2 * [self._if] + [self._switch, self._block]
            if place.loops < 2:
                forms += [self._for, self._while, self._loop]
        if self.procedures:
            forms += 2 * [self._procedure]
        if place.uniform:
            forms += [self.exchange, self.exchange_in_storage, self.one_for_all, self.uniform_if, self.uniform_for]
            forms += [self.exchange_values] + 2 * [self.subgroup] * (self.expressions.wild and self.size % 4 == 0)
        forms += [self._own_atomic, self._pointer]
        return forms[self.below(len(forms))](place)

    def _assign(self, place: Place) -> list[str]:
        types = place.scope.written_types()
        wanted = types[self.below(len(types))]
        return [f"{self._written(place, wanted)} = {self.value(place, wanted)};"]

    def _written(self, place: Place, wanted: Type) -> str:
        paths = place.scope.writes(wanted)
        return self.expressions.path(place.scope, paths[self.below(len(paths))], 1)

    def _declare(self, place: Place) -> list[str]:
        wanted = self.any_type()
        how, name = self.below(4), self.fresh("v")
        if how == 0:
            # Not a constant: naga folds those of `let` where it sets overrides, and cannot fold all.
            text = self.expressions.not_constant(place.scope, wanted, 3)
            place.scope.add(Name(name, wanted))
            return [f"let {name} = {text};"]
        # Booleans always have a value: `var v: vec2<i32>; var c: bool; v = vec2(1); v = select(v, vec2(7), c);` leaves
        # zeros in v where naga's code runs on SwiftShader.
        if how == 1 and not (isinstance(wanted, Scalar | Vector) and wanted.kind == "bool"):
            place.scope.add(Name(name, wanted, variable=True, pointable=True))
            return [f"var {name}: {wanted};"]
        text = self.value(place, wanted)
        place.scope.add(Name(name, wanted, variable=True, pointable=True))
        return [f"var {name}: {wanted} = {text};" if how < 3 else f"var {name} = {text};"]

    def _compound(self, place: Place) -> list[str]:
        types = [
            kind for kind in place.scope.written_types() if isinstance(kind, Scalar | Vector) and kind.kind in _COMPOUND
        ]
        wanted = types[self.below(len(types))]
        assert isinstance(wanted, Scalar | Vector)
        target = self._written(place, wanted)
        if wanted in (I32, U32) and self.below(3) == 0:
            return [f"{target}{'++' if self.below(2) else '--'};"]
        if wanted.kind in ("i32", "u32") and self.below(4) == 0:
            amount = Vector(wanted.size, "u32") if isinstance(wanted, Vector) else U32
            return [
                f"{target} {('<<=', '>>=')[self.below(2)]} {self.expressions.known_at_run_time(place.scope, amount)};"
            ]
        operators = _COMPOUND[wanted.kind]
        operator = operators[self.below(len(operators))]
        if operator in "/%":
            return [f"{target} {operator}= {self.expressions.known_at_run_time(place.scope, wanted)};"]
        return [f"{target} {operator}= {self.value(place, wanted, 2)};"]

    def _count(self, place: Place) -> list[str]:
        at = self.below(len(COUNTERS))
        memory = "shared_counts" if self.below(2) else "counts"
        return [f"{COUNTERS[at]}(&{memory}[{at}], {self.value(place, U32, 2)});"]

    def _own_atomic(self, place: Place) -> list[str]:
        name, what = self.fresh("a"), self.below(5)
        values = [self.value(place, U32, 1) for _ in range(2)]
        place.scope.add(Name(name, U32))
        if what == 0:
            return [f"let {name} = atomicExchange(&slots[local], {values[0]});"]
        if what == 1:
            return [f"let {name} = atomicAdd(&slots[local], {values[0]});"]
        if what == 2:
            return [f"atomicStore(&slots[local], {values[0]});", f"let {name} = atomicLoad(&slots[local]) + 1u;"]
        if what == 3:
            tried = self.fresh("t")
            return [
                f"let {tried} = atomicCompareExchangeWeak(&slots[local], {values[0]}, {values[1]});",
                f"let {name} = select({tried}.old_value, 7u, {tried}.exchanged);",
            ]
        return [f"let {name} = atomicCompareExchangeWeak(&slots[local], {values[0]}, {values[1]}).old_value;"]

    def _pointer(self, place: Place) -> list[str]:
        """Name a place: its indices are worked out once."""
        types = place.scope.written_types()
        wanted = types[self.below(len(types))]
        # There are no pointers to components.
        paths = [path for path in place.scope.writes(wanted) if not _ends_in_component(path)]
        if not paths:
            return self._assign(place)
        text = self.expressions.path(place.scope, paths[self.below(len(paths))], 1)
        name = self.fresh("q")
        place.scope.add(Name(f"(*{name})", wanted, variable=True))
        return [f"let {name} = &{text};"]

    def _block(self, place: Place) -> list[str]:
        return ["{", *self.block(place.inner(), 3), "}"]

    def _jump(self, place: Place) -> list[str]:
        """Return a statement that leaves, for the end of a block; or none."""
        forms: list[str] = []
        if place.jumps:
            forms += ["break;", "continue;"]
        if place.result is not None:
            forms.append("return")
        if place.leaves:
            forms.append("return;")
        if not forms or self.below(3):
            return []
        form = forms[self.below(len(forms))]
        if form == "return":
            form = f"return {self.value(place, place.result, 2)};"  # type: ignore[arg-type]
        return [INDENT + form]

    def _if(self, place: Place) -> list[str]:
        lines = [f"if ({self.value(place, BOOL)}) {{"]
        inner = place.inner(uniform=False)
        lines += self.block(inner, 3) + self._jump(inner)
        for _ in range(self.below(2)):
            inner = place.inner(uniform=False)
            lines += [f"}} else if ({self.value(place, BOOL, 2)}) {{", *self.block(inner, 2), *self._jump(inner)]
        if self.below(2):
            inner = place.inner(uniform=False)
            lines += ["} else {", *self.block(inner, 3), *self._jump(inner)]
        return [*lines, "}"]

    def _switch(self, place: Place) -> list[str]:
        kind = (I32, U32)[self.below(2)]
        suffix = "iu"[kind == U32]
        selector = f"({self.expressions.known_at_run_time(place.scope, kind)}) % 6{suffix}"
        labels = [f"{value}{suffix}" for value in range(5)]
        clauses: list[str] = []
        while labels and len(clauses) < 3:
            taken, labels = labels[: 1 + self.below(2)], labels[2:]
            clauses.append(f"case {', '.join(taken)}")
        at = self.below(len(clauses) + 1)
        if at < len(clauses) and self.below(2):
            clauses[at] += ", default"
        else:
            clauses.insert(at, "default")
        lines = [f"switch ({selector}) {{"]
        for clause in clauses:
            # `continue` within a switch goes to the loop around it, `break` leaves the switch.
            inner = place.inner(uniform=False)
            body = self.block(inner, 2)
            if place.depth < 3 and self.below(3) == 0:
                condition = self.value(inner, BOOL, 1)
                body += [f"{INDENT}if ({condition}) {{ break; }}", *self.block(inner, 1)]
            lines += [f"  {clause}: {{", *(f"  {line}" for line in [*body, *self._jump(inner)]), "  }"]
        return [*lines, "}"]

    def _for(self, place: Place) -> list[str]:
        name, bound = self.fresh("i"), 1 + self.below(ROUNDS)
        inner = place.inner(uniform=False, loops=place.loops + 1, jumps=True)
        if self.below(2):
            inner.scope.add(Name(name, I32))
            head = f"for (var {name} = {bound}i; {name} > 0i; {name}--) {{"
        else:
            inner.scope.add(Name(name, U32))
            limit = f"({self.expressions.known_at_run_time(place.scope, U32)}) % {bound + 1}u"
            head = f"for (var {name}: u32 = 0u; {name} < {limit}; {name} += 1u) {{"
        return [head, *self.block(inner, 3), *self._jump(inner), "}"]

    def _while(self, place: Place) -> list[str]:
        name, bound = self.fresh("w"), 1 + self.below(ROUNDS)
        inner = place.inner(uniform=False, loops=place.loops + 1, jumps=True)
        inner.scope.add(Name(name, I32))
        condition = self.value(place, BOOL, 2)
        lines = [f"var {name}: i32;", f"while ({name} < {bound}i && {condition}) {{", f"  {name}++;"]
        return [*lines, *self.block(inner, 3), *self._jump(inner), "}"]

    def _loop(self, place: Place) -> list[str]:
        name, bound = self.fresh("l"), 1 + self.below(ROUNDS)
        inner = place.inner(uniform=False, loops=place.loops + 1, jumps=True)
        inner.scope.add(Name(name, U32))
        lines = [f"var {name} = 0u;", "loop {", *self.block(inner, 3)]
        if self.below(2):
            lines += [f"  if ({self.value(inner, BOOL, 2)}) {{", *self._jump(inner.inner()), "  }"]
        # What continuing names stands before the loop: a `continue` could pass declarations of the body by.
        after = place.inner(uniform=False, jumps=False, result=None, leaves=False, loops=place.loops + 1).inner()
        after.scope.add(Name(name, U32))
        lines += ["  continuing {", f"    {name} += 1u;", *self.block(dataclasses.replace(after, depth=3), 1)]
        stop = f"{name} >= {bound}u"
        if self.below(2):
            stop = f"{stop} || {self.value(after, BOOL, 1)}"
        return [*lines, f"    break if {stop};", "  }", "}"]

    def _procedure(self, place: Place) -> list[str]:
        procedure = self.procedures[self.below(len(self.procedures))]
        # The names that every scope begins with stay for the arguments.
        names = [
            name
            for name in place.scope.names
            if name.pointable and name.type == procedure.pointee and name.text.startswith("v")
        ]
        lines = []
        if names and self.below(2):
            target = names[self.below(len(names))].text
        else:
            target = self.fresh("v")
            lines.append(f"var {target}: {procedure.pointee} = {self.value(place, procedure.pointee, 2)};")
        others = Scope([name for name in place.scope.names if name.text != target])
        arguments = [self.expressions.make(others, parameter, 1) for parameter in procedure.parameters]
        name = self.fresh("r")
        lines.append(f"let {name} = {procedure.name}({', '.join([f'&{target}', *arguments])});")
        if len(lines) > 1:
            place.scope.add(Name(target, procedure.pointee, variable=True, pointable=True))
        place.scope.add(Name(name, procedure.result))
        return lines
