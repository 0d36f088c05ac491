"""Which node stands for what a variable holds, at one place of a function."""

from __future__ import annotations

from collections.abc import Mapping

from . import tree


class State:
    """Nodes of variables and values; branches have layers of their own, so that nothing is copied."""

    def __init__(self) -> None:
        self._layers: list[dict[tree.Local, int]] = [{}]

    def get(self, local: tree.Local) -> int | None:
        """Return the node of what a name stands for, None before it is declared."""
        for layer in reversed(self._layers):
            if local in layer:
                return layer[local]
        return None

    def set(self, local: tree.Local, node: int) -> None:
        """Note what a variable holds from here on."""
        self._layers[-1][local] = node

    def open(self) -> None:
        """Begin a branch."""
        self._layers.append({})

    def close(self) -> Mapping[tree.Local, int]:
        """End a branch: what was set in it is forgotten, and returned."""
        return self._layers.pop()
