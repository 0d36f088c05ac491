"""Parsing of expressions (WGSL, sections 8.18 and 8.19), without recursion: open brackets are levels on a list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, cast

from .cursor import Cursor
from .lexer import Kind, Token
from .precedence import OPERATORS, Sequel
from .source import Span
from .syntax import Bool, Call, Expression, Index, Member, Name, Number, Unary, template_hint

_NESTING_MAX = 127
"""Levels of brackets, or of blocks: what the standard asks for (section 2.4)."""
_CHAIN_MAX = 512
"""Operators, or indices and members, in a row: what browsers take."""
_PREFIXES = frozenset("-!~*&")
_LINKS = frozenset(".[(")
"""What stands behind an operand that goes on."""
_NAME = Kind.NAME


@dataclass(slots=True)
class _Level:
    """A bracket that is open, or the whole expression, and the part of it that was read."""

    kind: Literal["whole", "group", "index", "call", "template"]
    begin: Span
    """Where that begins to which the bracket belongs."""
    head: Expression | None = None
    """What is indexed or called."""
    name: str = ""
    items: list[Expression] = field(default_factory=list)
    prefixes: list[Token] = field(default_factory=list)
    operands: list[tuple[Expression, Span]] = field(default_factory=list)
    operators: list[Token] = field(default_factory=list)
    links: int = 0
    """Indices and members of the operand that is being read."""


class ExpressionParser:
    """Reads expressions at a cursor."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.depth = 0

    def enter(self) -> None:
        """Go one block deeper."""
        self.depth += 1
        self._limit(self.depth)

    def leave(self) -> None:
        """Come back from one block."""
        self.depth -= 1

    def expression(self) -> Expression:
        """Read an expression."""
        return self._read(_Level("whole", self.cursor.token.span), chained=True)

    def unary(self) -> Expression:
        """Read an expression that has no operators between operands: what an assignment's left side is."""
        return self._read(_Level("whole", self.cursor.token.span), chained=False)

    def type(self) -> Name:
        """Read a type: a name with its template list."""
        token = self.cursor.name("a type")
        if not self.cursor.sees_kind(Kind.TEMPLATE_START):
            return Name(token.span, token.text)
        self.cursor.advance()
        return cast("Name", self._read(_Level("template", token.span, name=token.text), chained=True))

    def arguments(self) -> tuple[Expression, ...]:
        """Read expressions in round brackets; a comma may follow the last."""
        start = self.cursor.expect("(", "before arguments").span
        call = self._read(_Level("call", start, head=Name(start, "")), chained=True)
        return cast("Call", call).arguments

    def _limit(self, depth: int) -> None:
        if depth > _NESTING_MAX:
            self.cursor.fail(f"this is nested more than {_NESTING_MAX} deep", code="WGSL_LIMIT_EXCEEDED")

    def _read(self, bottom: _Level, *, chained: bool) -> Expression:
        levels = [bottom]
        while True:
            level = levels[-1]
            operand = self._finish(levels) if not level.operands and self._ends(level) else self._primary(levels)
            begin = bottom.begin if operand is None else operand.span
            while operand is not None:
                if not levels:
                    return operand
                level = levels[-1]
                operand = self._behind(levels, operand, begin)
                if operand is None:
                    break
                self._take(level, operand, begin)
                if (chained or len(levels) > 1) and self._takes_operator(level):
                    break
                begin = level.begin
                operand = self._close(levels, Sequel(level.operands, level.operators, self.cursor.refuse).tree())

    def _primary(self, levels: list[_Level]) -> Expression | None:
        """Read an operand's first part; None where a bracket was opened."""
        cursor, level = self.cursor, levels[-1]
        cursor.part_steps()
        while cursor.word in _PREFIXES:
            level.prefixes.append(cursor.advance())
            cursor.part_steps()
            self._limit(len(levels) - 1 + len(level.prefixes))
        token = cursor.token
        if token.kind is _NAME:
            cursor.advance()
            if not cursor.sees_kind(Kind.TEMPLATE_START):
                return Name(token.span, token.text)
            cursor.advance()
            self._open(levels, _Level("template", token.span, name=token.text))
            return None
        if token.kind in (Kind.INT, Kind.FLOAT):
            cursor.advance()
            return Number(token.span, token.value, token.suffix)
        if cursor.sees("true", "false"):
            cursor.advance()
            return Bool(token.span, token.text == "true")
        if not cursor.takes("("):
            cursor.fail("an expression is missing")
        self._open(levels, _Level("group", token.span))
        return None

    def _open(self, levels: list[_Level], level: _Level) -> None:
        self._limit(len(levels))
        levels.append(level)

    def _behind(self, levels: list[_Level], operand: Expression, begin: Span) -> Expression | None:
        """Read members, indices and a call behind an operand; None where a bracket was opened."""
        level = levels[-1]
        if self.cursor.word not in _LINKS:
            return operand
        while self.cursor.takes("."):
            name = self.cursor.name("a member").text
            operand = Member(self.cursor.since(begin), operand, name)
            self._count_link(level)
        if self.cursor.takes("["):
            self._count_link(level)
            self._open(levels, _Level("index", begin, head=operand))
            return None
        # Only a name is called, and not one in brackets: then what was taken last is the bracket.
        if isinstance(operand, Name) and operand.span.end == self.cursor.end and self.cursor.takes("("):
            self._open(levels, _Level("call", begin, head=operand))
            return None
        return operand

    def _count_link(self, level: _Level) -> None:
        level.links += 1
        if level.links > _CHAIN_MAX:
            self.cursor.fail(f"there are more than {_CHAIN_MAX} members in a row", code="WGSL_LIMIT_EXCEEDED")

    def _take(self, level: _Level, operand: Expression, begin: Span) -> None:
        """Keep a complete operand, with the operators before it."""
        covered = self.cursor.since(begin)
        for prefix in reversed(level.prefixes):
            covered = self.cursor.since(prefix.span)
            operator = cast('Literal["-", "!", "~", "*", "&"]', prefix.text)
            operand = Unary(covered, operator, operand)
        level.prefixes.clear()
        level.links = 0
        level.operands.append((operand, covered))

    def _takes_operator(self, level: _Level) -> bool:
        self.cursor.part_steps()
        if self.cursor.word not in OPERATORS:
            return False
        level.operators.append(self.cursor.advance())
        if len(level.operators) > _CHAIN_MAX:
            self.cursor.fail(f"there are more than {_CHAIN_MAX} operators in a row", code="WGSL_LIMIT_EXCEEDED")
        return True

    def _close(self, levels: list[_Level], tree: Expression) -> Expression | None:
        """Put an expression where it belongs; None where another follows it in the same list."""
        level = levels[-1]
        match level.kind:
            case "whole":
                levels.pop()
                return tree
            case "group":
                hint = " ('==' compares)" if self.cursor.sees("=") else ""
                self.cursor.expect(")", f"to close the bracket{hint}")
                levels.pop()
                return tree
            case "index":
                self.cursor.expect("]", "after the index")
                levels.pop()
                return Index(self.cursor.since(level.begin), cast("Expression", level.head), tree)
        level.items.append(tree)
        level.operands.clear()
        level.operators.clear()
        if self.cursor.takes(","):
            return None
        if not self._ends(level):
            if level.kind == "template":
                self.cursor.fail("'>' is missing after a type")
            hint = template_hint(tree) if isinstance(tree, Name) and tree.span.end == self.cursor.last.end else ""
            self.cursor.fail(f"')' is missing after an argument{hint}")
        return self._finish(levels)

    def _ends(self, level: _Level) -> bool:
        """Whether the bracket of a list closes here."""
        if level.kind == "call":
            return self.cursor.sees(")")
        return level.kind == "template" and self.cursor.sees_kind(Kind.TEMPLATE_END)

    def _finish(self, levels: list[_Level]) -> Expression:
        level = levels.pop()
        if level.kind == "template" and not level.items:
            self.cursor.fail("a type or a value is missing between '<' and '>'")
        self.cursor.advance()
        span, items = self.cursor.since(level.begin), tuple(level.items)
        if level.kind == "template":
            return Name(span, level.name, items)
        return Call(span, cast("Name", level.head), items)
