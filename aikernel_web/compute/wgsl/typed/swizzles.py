"""Assignments to several components of a vector: ``v.xy = e`` (WGSL's language extension ``swizzle_assignment``).

They become assignments to one component after another, behind a pointer to the vector and a ``let`` of the right side,
so that each is worked out once, and the right side before anything changes.
"""

from __future__ import annotations

from collections.abc import Callable

from ..fault import Fault
from ..source import Span
from ..syntax import Call, Expression, Member
from ..types import U32, Pointer, Type, Vector
from . import tree


def swizzled(target: Expression, operand: tree.Value | tree.Place) -> tuple[tree.Place, tuple[int, ...]] | None:
    """Return the vector and the components that the left side of an assignment means; None of another left side."""
    while isinstance(target, Member):
        target = target.base
    if not isinstance(operand, tree.Swizzle) or isinstance(target, Call):
        return None
    places, base = operand.places, operand.base
    while isinstance(base, tree.Swizzle):
        places, base = tuple(base.places[at] for at in places), base.base
    return (base.place, places) if isinstance(base, tree.Load) else None


def assign(
    span: Span, place: tree.Place, places: tuple[int, ...], made: Callable[[tree.Value], tree.Value]
) -> tree.Block:
    """Return the assignments to components of a vector.

    Args:
        span: Of the statement.
        place: The vector.
        places: The numbers of the components, in the order of those of the right side.
        made: Returns the right side from what the components hold now.
    """
    if not isinstance(place.type, Vector):
        raise TypeError(f"{place.type} has no components")
    if len(set(places)) < len(places):
        raise Fault(place.span, "WGSL_NOT_WRITABLE", "a component cannot be assigned to twice at once")
    component = place.type.component
    kind: Type = Vector(len(places), component) if len(places) > 1 else component
    pointer = Pointer(place.space, place.type, place.access)
    vector = tree.Local("vector", place.span, pointer, "let")
    behind = tree.Pointee(
        place.span, place.type, tree.LocalValue(place.span, pointer, vector), place.space, place.access
    )
    now = tree.Swizzle(place.span, kind, tree.Load(place.span, place.type, behind), places)
    value = tree.Local("value", span, kind, "let")
    statements: list[tree.Statement] = [
        tree.DeclareLet(span, vector, tree.AddressOf(place.span, pointer, place)),
        tree.DeclareLet(span, value, made(now)),
    ]
    whole = tree.LocalValue(span, kind, value)
    for at, number in enumerate(places):
        index = tree.Literal(place.span, U32, number)
        part = tree.ElementPlace(place.span, component, behind, index, place.space, place.access)
        item = tree.Swizzle(span, component, whole, (at,)) if len(places) > 1 else whole
        statements.append(tree.Assign(span, part, item))
    return tree.Block(span, tuple(statements))
