"""The Python text of a kernel while it is written: lines, names, and the objects that the names stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn, TypeAlias

import numpy as np

from ..source import Report, Source, Span
from .checks import NO_CHECKS, Checks

Atoms: TypeAlias = "str | tuple[Atoms, ...]"
"""A value in the generated code: of a scalar a name or a literal, else a tuple shaped as its type."""

_LINES_MAX = 60_000
"""Statements of the generated code: Python compiles them in about a second, and no kernel of people's comes near."""
_STEPS_MAX = 20 * _LINES_MAX


class Emitter:
    """Writes the body of a kernel. Names are numbered here: nothing of the shader's text gets into the code."""

    def __init__(self, source: Source, *, checks: Checks = NO_CHECKS) -> None:
        self.checks = checks
        self.mask = "True"
        """The atom of the mask of the invocations that are active where the next line goes."""
        self.span = Span(0, 0)
        """The statement that is being written, for errors that have no better place."""
        self.objects: dict[str, object] = {}
        """What the generated code sees besides its own names."""
        self.tables: dict[tuple[int, str], tuple[object, Atoms]] = {}
        """Constant arrays by the id of their data and the name of their type, so that a table is made once."""
        self.sizes: dict[str, int] = {}
        """How many scalars a name has for each lane, where it is of an array."""
        self.source = source
        self._lines: list[tuple[int, str]] = []
        self.written = 0
        """How many lines were written, also those that were collected."""
        self._steps = 0
        self.depth = 1
        self._numbers: dict[str, int] = {}
        self._named: dict[object, str] = {}

    def name(self, prefix: str) -> str:
        """Return a name that nothing else has."""
        number = self._numbers[prefix] = self._numbers.get(prefix, 0) + 1
        return f"{prefix}{number}"

    def known(self) -> dict[str, int]:
        """Return how many names of each prefix there are."""
        return dict(self._numbers)

    def line(self, text: str) -> None:
        """Write one line."""
        self.written += 1
        if self.written > _LINES_MAX:
            self._too_long()
        self._lines.append((self.depth, text))

    def temp(self, expression: str) -> str:
        """Write an assignment of ``expression`` to a new name, and return the name, which is never assigned again."""
        name = self.name("t")
        self.line(f"{name} = {expression}")
        return name

    def temps(self, count: int, expression: str) -> tuple[str, ...]:
        """Write an assignment of the ``count`` parts of ``expression`` to new names."""
        names = tuple(self.name("t") for _ in range(count))
        self.line(f"{', '.join(names)}{',' if count == 1 else ''} = {expression}")
        return names

    def take_back(self, name: str) -> str | None:
        """Remove the last line where it is the assignment of an expression to ``name``, and return the expression."""
        begin = f"{name} = "
        if not self._lines or self._lines[-1][0] != self.depth or not self._lines[-1][1].startswith(begin):
            return None
        return self._lines.pop()[1].removeprefix(begin)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write ``head``, which ends in a colon, and what follows below it; a body without lines becomes ``pass``."""
        self.line(head)
        before = len(self._lines)
        self.depth += 1
        try:
            yield
            if len(self._lines) == before:
                self.line("pass")
        finally:
            self.depth -= 1

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Indent what follows, for a head that is yet to be written."""
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1

    @contextmanager
    def aside(self) -> Iterator[list[tuple[int, str]]]:
        """Collect the lines that follow instead of writing them: `splice` writes them where they belong."""
        kept, self._lines = self._lines, []
        collected = self._lines
        try:
            yield collected
        finally:
            self._lines = kept

    def splice(self, lines: list[tuple[int, str]]) -> None:
        """Write lines that were collected at this depth."""
        self._lines.extend(lines)

    def constant(self, value: object) -> str:
        """Return the name under which the generated code sees ``value``; equal NumPy scalars of a dtype share one."""
        key: object = (value.dtype.str, value.tobytes()) if isinstance(value, np.generic) else ("object", id(value))
        return self._object(key, "k", value)

    def use(self, function: Callable[..., object]) -> str:
        """Return the name under which the generated code sees a function of the executor."""
        return self._object(("object", id(function)), f"{function.__name__.strip('_')}_", function)

    def require_room(self, parts: int) -> None:
        """Refuse a kernel of so many parts before any is written, where they are too many."""
        if parts > _STEPS_MAX:
            self._too_long()

    def step(self) -> None:
        """Count one part of the shader that is being written, also where it writes no line."""
        self._steps += 1
        if self._steps > _STEPS_MAX:
            self._too_long()

    def refuse(self, span: Span, message: str, code: str = "CPU_KERNEL_NOT_SUPPORTED") -> NoReturn:
        """Raise `WgslError` for what cannot be run."""
        report = Report(self.source)
        report.add(span, code, message)
        report.finish()
        raise AssertionError

    @property
    def lines(self) -> list[tuple[int, str]]:
        """What is written so far: the depth of each line, and its text."""
        return self._lines

    def _object(self, key: object, prefix: str, value: object) -> str:
        if key not in self._named:
            # The object is kept by `objects`, so that its id stays its own.
            self._named[key] = name = self.name(prefix)
            self.objects[name] = value
        return self._named[key]

    def _too_long(self) -> NoReturn:
        message = (
            "the kernel is too long for the CPU once its functions stand where they are called: "
            "call fewer functions, or have loops instead"
        )
        self.refuse(self.span, message, "WGSL_LIMIT_EXCEEDED")
