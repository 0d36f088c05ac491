"""Going through a typed tree, without recursion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from . import tree

Node: TypeAlias = tree.Statement | tree.Value | tree.Place | tree.Case

_PARTS: dict[type, tuple[str, ...]] = {
    tree.Load: ("place",),
    tree.Unary: ("operand",),
    tree.Binary: ("left", "right"),
    tree.BuiltinCall: ("arguments",),
    tree.Call: ("arguments",),
    tree.Construct: ("arguments",),
    tree.Element: ("base", "index"),
    tree.MemberValue: ("base",),
    tree.Swizzle: ("base",),
    tree.AddressOf: ("place",),
    tree.Pointee: ("pointer",),
    tree.ElementPlace: ("base", "index"),
    tree.MemberPlace: ("base",),
    tree.Block: ("statements",),
    tree.DeclareVar: ("value",),
    tree.DeclareLet: ("value",),
    tree.Assign: ("place", "value"),
    tree.Update: ("place", "value"),
    tree.CallStatement: ("call",),
    tree.If: ("condition", "then", "otherwise"),
    tree.Case: ("body",),
    tree.Switch: ("selector", "cases"),
    tree.Loop: ("condition", "body", "continuing", "break_if"),
    tree.Return: ("value",),
}
"""What nodes consist of, in the order in which it is done; the others consist of nothing."""
_BACKWARDS = {kind: names[::-1] for kind, names in _PARTS.items()}


def parts_of(node: Node) -> Iterator[Node]:
    """Yield what a node consists of."""
    for name in _PARTS.get(type(node), ()):
        part = getattr(node, name)
        if isinstance(part, tuple):
            yield from part
        elif part is not None:
            yield part


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all that it consists of, in the order in which they stand."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        for name in _BACKWARDS.get(type(node), ()):
            part = getattr(node, name)
            if isinstance(part, tuple):
                waiting += part[::-1]
            elif part is not None:
                waiting.append(part)
