"""Which operands an operator takes (WGSL, section 8.19): the levels of binding, and what needs brackets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NoReturn

from .lexer import Token
from .source import Span
from .syntax import Binary, Expression
from .words import words

OPERATORS = words("|| && | & ^ < > <= >= == != << >> + - * / %")
"""The operators between two operands."""
_BITWISE = frozenset("&|^")
_SHORT_CIRCUITS = frozenset(("||", "&&"))
_RELATIONS = frozenset(("<", ">", "<=", ">=", "==", "!="))
_SHIFTS = frozenset(("<<", ">>"))
_PRODUCTS = frozenset("*/%")


class Sequel:
    """Operands and the operators between them, as they were read, with what each operand covers of the text."""

    def __init__(
        self,
        operands: Sequence[tuple[Expression, Span]],
        operators: Sequence[Token],
        refuse: Callable[[Token, str], NoReturn],
    ) -> None:
        self._operands = operands
        self._operators = operators
        self._refuse = refuse

    def tree(self) -> Expression:
        """Return the expression they make."""
        if not self._operators:
            return self._operands[0][0]
        texts = {operator.text for operator in self._operators}
        if texts & _BITWISE:
            self._only_one_kind("bitwise operators and others")
            return self._chain(0, len(self._operands))
        if texts & _SHORT_CIRCUITS:
            return self._conditions()
        return self._relation(0, len(self._operands))

    def _only_one_kind(self, what: str, operators: Sequence[Token] | None = None) -> None:
        operators = self._operators if operators is None else operators
        for operator in operators:
            if operator.text != operators[0].text:
                self._refuse(operator, f"{what} need brackets between them")

    def _conditions(self) -> Expression:
        """Build a chain of ``&&``, or one of ``||``, of comparisons."""
        edges = [at for at, operator in enumerate(self._operators) if operator.text in _SHORT_CIRCUITS]
        self._only_one_kind("'&&' and '||'", [self._operators[at] for at in edges])
        left = self._relation(0, edges[0] + 1)
        for edge, end in zip(edges, [*edges[1:], len(self._operators)], strict=True):
            right = self._relation(edge + 1, end + 1)
            left = Binary(self._span(0, end), self._operators[edge].text, left, right)
        return left

    def _relation(self, first: int, end: int) -> Expression:
        """Build from the operands ``first`` to before ``end``: a comparison, or what is compared."""
        edges = [at for at in range(first, end - 1) if self._operators[at].text in _RELATIONS]
        if not edges:
            return self._shift(first, end)
        if len(edges) > 1:
            message = "comparisons cannot be chained: compare one after another with '&&'"
            self._refuse(self._operators[edges[1]], message)
        left, right = self._shift(first, edges[0] + 1), self._shift(edges[0] + 1, end)
        return Binary(self._span(first, end - 1), self._operators[edges[0]].text, left, right)

    def _shift(self, first: int, end: int) -> Expression:
        shift = next((self._operators[at] for at in range(first, end - 1) if self._operators[at].text in _SHIFTS), None)
        if shift is None:
            return self._sum(first, end)
        if end - first > 2:  # noqa: PLR2004 - a shift has two operands
            self._refuse(shift, "what is shifted, and by how much, needs brackets where it has an operator itself")
        return self._chain(first, end)

    def _sum(self, first: int, end: int) -> Expression:
        edges = [at for at in range(first, end - 1) if self._operators[at].text not in _PRODUCTS]
        left = self._chain(first, edges[0] + 1) if edges else self._chain(first, end)
        for edge, last in pairwise([*edges, end - 1]):
            right = self._chain(edge + 1, last + 1)
            left = Binary(self._span(first, last), self._operators[edge].text, left, right)
        return left

    def _chain(self, first: int, end: int) -> Expression:
        """Build from the left, whatever the operators are."""
        left = self._operands[first][0]
        for at in range(first + 1, end):
            left = Binary(self._span(first, at), self._operators[at - 1].text, left, self._operands[at][0])
        return left

    def _span(self, first: int, last: int) -> Span:
        return self._operands[first][1].to(self._operands[last][1])
