"""Where pointers come from: the variables that they point into (WGSL, section 6.4.6: root identifiers)."""

from __future__ import annotations

from typing import TypeAlias

from ..types import Pointer
from . import tree

Root: TypeAlias = "tree.Local | str"
"""What a pointer points into: a variable of a function, one of the module by name, or what a parameter points to."""
_PARTS = tree.ElementPlace | tree.MemberPlace


class Roots:
    """Knows where the pointers of one function come from."""

    def __init__(self) -> None:
        self._known: dict[tree.Local, tuple[Root | None, bool]] = {}

    def declare(self, node: tree.DeclareLet) -> None:
        """Take note of a ``let``, which may be a pointer."""
        if isinstance(node.local.type, Pointer):
            self._known[node.local] = self._of_value(node.value)

    def of_value(self, value: tree.Value) -> Root | None:
        """Return what a pointer points into; None of another value."""
        return self._of_value(value)[0]

    def of_place(self, place: tree.Place) -> Root | None:
        """Return the variable that a place is a part of."""
        return self._of_place(place)[0]

    def is_whole(self, place: tree.Place) -> bool:
        """Whether a place is all of the variable."""
        return self._of_place(place)[1]

    def _of_value(self, value: tree.Value) -> tuple[Root | None, bool]:
        match value:
            case tree.AddressOf(place=place):
                return self._of_place(place)
            case tree.LocalValue(local=local):
                return (local, True) if local.kind == "parameter" else self._known.get(local, (None, True))
        return None, True

    def _of_place(self, place: tree.Place) -> tuple[Root | None, bool]:
        is_part = False
        while isinstance(place, _PARTS):
            place, is_part = place.base, True
        root: Root | None = None
        is_whole = True
        match place:
            case tree.LocalPlace(local=local):
                root = local
            case tree.ModulePlace(variable=variable):
                root = variable.name
            case tree.Pointee(pointer=pointer):
                root, is_whole = self._of_value(pointer)
        return root, is_whole and not is_part
