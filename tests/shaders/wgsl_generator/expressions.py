"""Expressions by type. All are in brackets, and none has a value that a compiler could refuse while it folds constants:
of two operands at least one is known at run time only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .choices import Choices
from .floats import exact_forms, matrix_forms, unit_forms
from .integers import bool_forms, integer_forms
from .literals import literal
from .scope import INDEX, Scope
from .types import I32, U32, Array, Matrix, Scalar, Struct, Type, Vector

Form = Callable[[], str]

_DEEPEST = 2
"""Indices within indices."""


@dataclass(frozen=True)
class Function:
    """A function of the kernel that returns something."""

    name: str
    parameters: tuple[Type, ...]
    result: Type


class Expressions:
    """Makes expressions from the names of a scope."""

    def __init__(self, choices: Choices, *, wild: bool = False) -> None:
        self.choices = choices
        self.wild = wild
        self.functions: list[Function] = []
        self._indices = 0
        """How many indices are around what is being made."""

    def below(self, count: int) -> int:
        return self.choices.below(count)

    def pick(self, options: list[str]) -> str:
        return options[self.below(len(options))]

    def make(self, scope: Scope, wanted: Type, depth: int) -> str:
        """Return an expression of a type; it may be a constant."""
        if depth > 0 and self.below(4):
            return self._compound(scope, wanted, depth - 1)
        if self.below(3):
            return self.known_at_run_time(scope, wanted)
        return literal(self.choices, wanted)

    def not_constant(self, scope: Scope, wanted: Type, depth: int) -> str:
        """Return an expression of a type that is no constant."""
        return self._compound(scope, wanted, depth - 1) if self.below(4) else self.known_at_run_time(scope, wanted)

    def known_at_run_time(self, scope: Scope, wanted: Type) -> str:
        """Return an expression that no compiler can fold."""
        paths = scope.reads(wanted)
        if paths:
            return self.path(scope, self.pick(paths), 1)
        if isinstance(wanted, Vector):
            return f"{wanted}({self.known_at_run_time(scope, wanted.scalar)})"
        if isinstance(wanted, Matrix):
            column = self.known_at_run_time(scope, wanted.column)
            rest = [literal(self.choices, wanted.column) for _ in range(wanted.columns - 1)]
            return f"{wanted}({', '.join([column, *rest])})"
        if isinstance(wanted, Array):
            parts = [self.known_at_run_time(scope, wanted.element) for _ in range(wanted.count)]
            return f"{wanted}({', '.join(parts)})"
        assert isinstance(wanted, Struct), "scalars of each kind are in every scope"
        return f"{wanted}({', '.join(self.known_at_run_time(scope, member) for _, member in wanted.members)})"

    def uniform(self, scope: Scope, wanted: Scalar) -> str:
        """Return a value that is the same in all invocations of a workgroup."""
        return self.pick([path for path in scope.reads(wanted, uniform=True) if INDEX not in path])

    def path(self, scope: Scope, text: str, depth: int) -> str:
        """Write the indices of a path: in bounds, unless the kernel is wild."""
        while INDEX in text:
            before, after = text.split(INDEX, 1)
            count, rest = ord(after[0]), after[1:]
            text = f"{before}{self._index(scope, count, depth)}{rest}"
        return text

    def _index(self, scope: Scope, count: int, depth: int) -> str:
        how = self.below(4)
        if how == 0 or self._indices >= _DEEPEST:
            return f"{self.below(count)}"
        self._indices += 1
        try:
            if self.wild and how == 1:
                # Beyond the end, and before the beginning.
                return self.known_at_run_time(scope, (U32, I32)[self.below(2)])
            return f"({self.make(scope, U32, depth)}) % {count}u"
        finally:
            self._indices -= 1

    def _compound(self, scope: Scope, wanted: Type, depth: int) -> str:
        def some(of: Type) -> str:
            return self.make(scope, of, depth)

        def run_time(of: Type) -> str:
            # An operation with a value of run time is one itself.
            return (
                self.known_at_run_time(scope, of)
                if depth < 1 or self.below(2)
                else self._compound(scope, of, depth - 1)
            )

        forms: list[Form] = [lambda: self.known_at_run_time(scope, wanted)]
        if isinstance(wanted, Scalar | Vector):
            forms += self._shared_forms(scope, wanted, some, run_time)
            makers = {"bool": bool_forms, "exact": exact_forms, "unit": unit_forms}
            forms += makers.get(wanted.kind, integer_forms)(self.choices, wanted, some, run_time)
        elif isinstance(wanted, Matrix):
            forms += matrix_forms(self.choices, wanted, some, run_time)
        elif isinstance(wanted, Array):
            parts = [wanted.element] * wanted.count
            forms.append(lambda: f"{wanted}({_list(parts, run_time, some)})")
        else:
            members = [member for _, member in wanted.members]
            forms.append(lambda: f"{wanted}({_list(members, run_time, some)})")
        callees = [function for function in self.functions if function.result == wanted]
        if callees:
            forms += 2 * [lambda: self._call(scope, callees[self.below(len(callees))], depth)]
        return forms[self.below(len(forms))]()

    def _call(self, scope: Scope, function: Function, depth: int) -> str:
        arguments = [self.make(scope, parameter, min(depth, 1)) for parameter in function.parameters]
        return f"{function.name}({', '.join(arguments)})"

    def _shared_forms(
        self, scope: Scope, wanted: Scalar | Vector, some: Callable[[Type], str], run_time: Callable[[Type], str]
    ) -> list[Form]:
        """Forms of all scalars and vectors."""
        condition = Scalar("bool")
        forms: list[Form] = [
            lambda: f"select({run_time(wanted)}, {some(wanted)}, {some(condition)})",
        ]
        if isinstance(wanted, Scalar):
            vector = Vector(2 + self.below(3), wanted.kind)
            forms.append(lambda: f"({run_time(vector)}).{'xyzw'[self.below(vector.size)]}")
            forms.append(lambda: f"({run_time(vector)})[{self._index(scope, vector.size, 1)}]")
            return forms
        scalar, size = wanted.scalar, wanted.size
        wide = Vector(2 + self.below(3), wanted.kind)
        forms += [
            lambda: f"select({run_time(wanted)}, {some(wanted)}, {some(Vector(size, 'bool'))})",
            lambda: f"{wanted}({_list([scalar] * size, run_time, some)})",
            lambda: f"{wanted}({run_time(scalar)})",
            lambda: f"({run_time(wide)}).{''.join('xyzw'[self.below(wide.size)] for _ in range(size))}",
        ]
        if size > 2:
            part = Vector(size - 1, wanted.kind)
            forms.append(lambda: f"{wanted}({run_time(part)}, {some(scalar)})")
            forms.append(lambda: f"{wanted}({run_time(scalar)}, {some(part)})")
        return forms


def _list(parts: list[Type], first: Callable[[Type], str], others: Callable[[Type], str]) -> str:
    return ", ".join([first(parts[0]), *map(others, parts[1:])])
