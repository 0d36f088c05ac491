"""The typed tree: names are resolved, loads are written out, conversions are done, constants are worked out.

Types of values are concrete: no abstract number is left. A `Value` has a value; a `Place` is a reference to memory,
whose value `Load` takes (section 6.4.3 of WGSL calls them reference expressions, and the load rule).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import Protocol, TypeAlias

from ..record import record
from ..shader import Shader
from ..source import Source, Span
from ..types import AccessMode, AddressSpace, Array, Pointer, Struct, Type
from ..values import Constant, Data
from ..variables import ModuleVariable


@dataclass(eq=False, slots=True)
class Local:
    """A name within a function: a variable, a ``let``, or a parameter. Each declaration is an object of its own."""

    name: str
    span: Span
    type: Type
    """Of a variable that which it stores; of a ``let`` or a parameter that of its value, which may be a pointer."""
    kind: OneOf["var", "let", "parameter"]


# Values


@record
class Literal:
    """A constant: of a scalar its number, of others tuples (a matrix by columns)."""

    span: Span
    type: Type
    data: Data


@record
class OverrideValue:
    """The value of an override, which is known when a pipeline is made."""

    span: Span
    type: Type
    name: str


@record
class LocalValue:
    """The value of a ``let`` or a parameter."""

    span: Span
    type: Type
    local: Local


@record
class Load:
    """What a place holds."""

    span: Span
    type: Type
    place: Place


@record
class Unary:
    """``-``, ``!`` or ``~``."""

    span: Span
    type: Type
    operator: OneOf["-", "!", "~"]
    operand: Value


@record
class Binary:
    """An operator of section 8.6 to 8.9; ``&&`` and ``||`` work out their right side only where it decides.

    Both sides are of one component type, shifts apart (u32 on the right). A scalar goes with each component of a
    vector, and ``*`` multiplies matrices and vectors as linear algebra does.
    """

    span: Span
    type: Type
    operator: str
    left: Value
    right: Value


@record
class BuiltinCall:
    """A call of one of WGSL's own functions (section 17). The result of one that has none is None.

    Arguments have the types of the overload that was chosen. Atomics, ``arrayLength`` and ``workgroupUniformLoad`` have
    a pointer first. ``type`` of ``bitcast`` is its template's. Results of ``frexp``, ``modf`` and
    ``atomicCompareExchangeWeak`` are structures of WGSL's own, with their members in the standard's order.
    """

    span: Span
    type: Type | None
    name: str
    arguments: tuple[Value, ...]


@record
class Call:
    """A call of a function of the module."""

    span: Span
    type: Type | None
    function: str
    arguments: tuple[Value, ...]


@record
class Construct:
    """A value of ``type`` (section 17.1), made of its arguments; without any it is zero.

    From one scalar, vector or matrix of the same shape it is a conversion of components. A vector may be made of one
    scalar for all components, or of scalars and vectors; a matrix of columns or of scalars; an array or a structure of
    all its parts.
    """

    span: Span
    type: Type
    arguments: tuple[Value, ...]


@record
class Element:
    """An element of a value: a component, a column, or an element of an array."""

    span: Span
    type: Type
    base: Value
    index: Value


@record
class MemberValue:
    """A member of a structure that is a value, by its number."""

    span: Span
    type: Type
    base: Value
    at: int


@record
class Swizzle:
    """Components of a vector: one is a scalar, more are a vector."""

    span: Span
    type: Type
    base: Value
    places: tuple[int, ...]


@record
class AddressOf:
    """``&place``."""

    span: Span
    type: Pointer
    place: Place


Value: TypeAlias = (
    Literal
    | OverrideValue
    | LocalValue
    | Load
    | Unary
    | Binary
    | BuiltinCall
    | Call
    | Construct
    | Element
    | MemberValue
    | Swizzle
    | AddressOf
)

# Places; ``type`` is of what they store


@record
class LocalPlace:
    """A variable of a function."""

    span: Span
    type: Type
    local: Local
    space: AddressSpace = "function"
    access: AccessMode = "read_write"


@record
class ModulePlace:
    """A variable of the module."""

    span: Span
    type: Type
    variable: ModuleVariable
    space: AddressSpace
    access: AccessMode


@record
class Pointee:
    """What a pointer points to: ``*pointer``, or a member or an element that a pointer stands before."""

    span: Span
    type: Type
    pointer: Value
    space: AddressSpace
    access: AccessMode


@record
class ElementPlace:
    """An element: of an array, a column of a matrix, or a component of a vector (``v.y`` too)."""

    span: Span
    type: Type
    base: Place
    index: Value
    space: AddressSpace
    access: AccessMode


@record
class MemberPlace:
    """A member of a structure, by its number."""

    span: Span
    type: Type
    base: Place
    at: int
    space: AddressSpace
    access: AccessMode


Place: TypeAlias = LocalPlace | ModulePlace | Pointee | ElementPlace | MemberPlace

# Statements


@record
class Block:
    """One statement after another."""

    span: Span
    statements: tuple[Statement, ...]


@record
class DeclareVar:
    """``var``: a new variable, each time it is met; without a value it is zero."""

    span: Span
    local: Local
    value: Value | None


@record
class DeclareLet:
    """``let``."""

    span: Span
    local: Local
    value: Value


@record
class Assign:
    """``place = value``; ``_ = value`` has no place."""

    span: Span
    place: Place | None
    value: Value


@record
class Update:
    """``place operator= value``, ``++`` and ``--`` too: the place is worked out once."""

    span: Span
    place: Place
    operator: str
    """Without ``=``: ``+`` of ``+=`` and of ``++``."""
    value: Value


@record
class CallStatement:
    """A call for what it does."""

    span: Span
    call: BuiltinCall | Call


@record
class If:
    """``if``; an ``else if`` is an `If` in the block of ``otherwise``."""

    span: Span
    condition: Value
    then: Block
    otherwise: Block | None


@record
class Case:
    """A clause of a switch: the numbers that select it, and whether it is the default."""

    span: Span
    selectors: tuple[int, ...]
    is_default: bool
    body: Block


@record
class Switch:
    """``switch``; ``break`` leaves it."""

    span: Span
    selector: Value
    cases: tuple[Case, ...]


@record
class Loop:
    """Every loop. Each round: ``condition`` (left where false), ``body``, then ``continuing``, then ``break_if``.

    ``for`` is a block of its initial statement and one of these, whose ``continuing`` is the update. ``continue`` goes
    to ``continuing``.
    """

    span: Span
    condition: Value | None
    body: Block
    continuing: Block | None
    break_if: Value | None


@record
class Jump:
    """``break`` or ``continue``."""

    span: Span
    kind: OneOf["break", "continue"]


@record
class Return:
    """``return``."""

    span: Span
    value: Value | None


Statement: TypeAlias = (
    Block | DeclareVar | DeclareLet | Assign | Update | CallStatement | If | Switch | Loop | Jump | Return
)


@record
class Function:
    """A function; ``inputs`` are of an entry point: which built-in value each parameter, or member of one, has."""

    span: Span
    name: str
    parameters: tuple[Local, ...]
    result: Type | None
    body: Block
    inputs: tuple[str | tuple[str, ...], ...] = ()
    """For each parameter its built-in value, or those of its structure's members in their order."""


class Specialized(Protocol):
    """Works out what depends on the values of overrides."""

    def override_values(self, entry: str, constants: Mapping[str, float]) -> Mapping[str, Constant]:
        """Answer `Program.override_values`."""
        ...

    def count_of(self, kind: Array, entry: str, constants: Mapping[str, float]) -> int:
        """Answer `Program.count_of`."""
        ...


@dataclass(frozen=True, slots=True)
class Program:
    """A shader whose functions were checked."""

    source: Source
    shader: Shader
    functions: Mapping[str, Function]
    """By name, each behind those that it calls."""
    variables: Mapping[str, ModuleVariable]
    initial: Mapping[str, Value]
    """The values that private variables begin with, where they have one."""
    structs: Mapping[str, Struct]
    _specialized: Specialized = field(repr=False, compare=False)

    def override_values(self, entry: str, constants: Mapping[str, float] | None = None) -> Mapping[str, Constant]:
        """Return the values of all overrides that an entry point uses, with those given, by name or id.

        Raises `WgslError` and `InvalidArgumentError` as `EntryPoint.workgroup_size` does.
        """
        return self._specialized.override_values(entry, constants or {})

    def count_of(self, kind: Array, entry: str, constants: Mapping[str, float] | None = None) -> int:
        """Return the number of elements of an array whose count depends on overrides; raises as `override_values`."""
        return self._specialized.count_of(kind, entry, constants or {})
