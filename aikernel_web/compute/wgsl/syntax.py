"""What a WGSL text says, as a tree (sections 4 to 12): names stand as they are written, nothing is resolved yet."""

from __future__ import annotations

from typing import Literal as OneOf
from typing import TypeAlias

from .record import record
from .source import Span

# Expressions (section 8)


@record
class Name:
    """A name, with the arguments of its template list: ``array<f32, 4>``. Types are written so too."""

    span: Span
    name: str
    arguments: tuple[Expression, ...] | None = None


@record
class Number:
    """A literal number; ``suffix`` is "", "i", "u", "f" or "h"."""

    span: Span
    value: int | float
    suffix: str


@record
class Bool:
    """``true`` or ``false``."""

    span: Span
    value: bool


@record
class Call:
    """A call of a function, or the construction of a value."""

    span: Span
    callee: Name
    arguments: tuple[Expression, ...]


@record
class Unary:
    """``-``, ``!``, ``~``, ``*`` (of a pointer) or ``&`` (the address)."""

    span: Span
    operator: OneOf["-", "!", "~", "*", "&"]
    operand: Expression


@record
class Binary:
    """An operator between two expressions."""

    span: Span
    operator: str
    left: Expression
    right: Expression


@record
class Index:
    """``base[index]``."""

    span: Span
    base: Expression
    index: Expression


@record
class Member:
    """``base.name``: a member of a structure, or a swizzle of a vector."""

    span: Span
    base: Expression
    name: str


Expression: TypeAlias = Name | Number | Bool | Call | Unary | Binary | Index | Member


@record
class Attribute:
    """``@name(arguments)`` (section 12)."""

    span: Span
    name: str
    arguments: tuple[Expression, ...] = ()


# Statements (section 9)


@record
class Block:
    """Statements in braces, with a scope of their own."""

    span: Span
    statements: tuple[Statement, ...]
    attributes: tuple[Attribute, ...] = ()


@record
class Variable:
    """``var<space, access> name: type = value``; in a function, or of the module."""

    span: Span
    name: str
    name_span: Span
    space: str | None
    access: str | None
    type: Name | None
    value: Expression | None
    attributes: tuple[Attribute, ...] = ()


@record
class Value:
    """``let``, ``const`` or ``override``: a name for a value."""

    span: Span
    kind: OneOf["let", "const", "override"]
    name: str
    name_span: Span
    type: Name | None
    value: Expression | None
    attributes: tuple[Attribute, ...] = ()


@record
class Assign:
    """``target operator value``; the target of ``_ = value`` is None. ``operator`` is "=", or compound such as "+="."""

    span: Span
    target: Expression | None
    operator: str
    value: Expression


@record
class Step:
    """``target++`` or ``target--``."""

    span: Span
    target: Expression
    operator: OneOf["++", "--"]


@record
class CallStatement:
    """A call for what it does."""

    span: Span
    call: Call


@record
class If:
    """``if``; ``otherwise`` is the block of ``else``, or the ``if`` behind it."""

    span: Span
    condition: Expression
    then: Block
    otherwise: Block | If | None
    attributes: tuple[Attribute, ...] = ()


@record
class Case:
    """A clause of a switch: its selectors, of which None stands for ``default``."""

    span: Span
    selectors: tuple[Expression | None, ...]
    body: Block


@record
class Switch:
    """``switch``."""

    span: Span
    selector: Expression
    cases: tuple[Case, ...]
    attributes: tuple[Attribute, ...] = ()


@record
class Loop:
    """``loop``; ``break_if`` ends the continuing block."""

    span: Span
    body: Block
    continuing: Block | None
    break_if: Expression | None
    attributes: tuple[Attribute, ...] = ()


@record
class For:
    """``for (initial; condition; update)``."""

    span: Span
    initial: Statement | None
    condition: Expression | None
    update: Statement | None
    body: Block
    attributes: tuple[Attribute, ...] = ()


@record
class While:
    """``while``."""

    span: Span
    condition: Expression
    body: Block
    attributes: tuple[Attribute, ...] = ()


@record
class Jump:
    """``break``, ``continue`` or ``discard``."""

    span: Span
    kind: OneOf["break", "continue", "discard"]


@record
class Return:
    """``return``, with a value or without."""

    span: Span
    value: Expression | None


@record
class ConstAssert:
    """``const_assert condition``; in a function, or of the module."""

    span: Span
    condition: Expression


Statement: TypeAlias = (
    Block
    | Variable
    | Value
    | Assign
    | Step
    | CallStatement
    | If
    | Switch
    | Loop
    | For
    | While
    | Jump
    | Return
    | ConstAssert
)

# The module (sections 4, 6, 7 and 11)


@record
class Directive:
    """``enable``, ``requires`` or ``diagnostic``, and the names behind it."""

    span: Span
    kind: OneOf["enable", "requires", "diagnostic"]
    names: tuple[str, ...]


@record
class Alias:
    """``alias name = type``."""

    span: Span
    name: str
    name_span: Span
    type: Name


@record
class Field:
    """A member of a structure, or a parameter of a function."""

    span: Span
    name: str
    type: Name
    attributes: tuple[Attribute, ...] = ()


@record
class Struct:
    """``struct name { ... }``."""

    span: Span
    name: str
    name_span: Span
    members: tuple[Field, ...]


@record
class Function:
    """``fn name(...) -> type { ... }``."""

    span: Span
    name: str
    name_span: Span
    parameters: tuple[Field, ...]
    result: Name | None
    result_attributes: tuple[Attribute, ...]
    body: Block
    attributes: tuple[Attribute, ...] = ()


Declaration: TypeAlias = Variable | Value | Alias | Struct | Function | ConstAssert


@record
class Module:
    """A whole text."""

    directives: tuple[Directive, ...]
    declarations: tuple[Declaration, ...]


def template_hint(name: Name) -> str:
    """Return what to tell of a name whose template list nobody may have meant (section 3.9); else nothing."""
    return "" if name.arguments is None else f" ('{name.name} <' begins a template list: put comparisons in brackets)"
