"""Nesting beyond what Python's compiler takes: what stands too deep becomes a function within the kernel's."""

from __future__ import annotations

import ast
from typing import Final

from .release import Lines

_DEPTH_MAX: Final = 50
"""Levels of indentation in one function; Python takes a hundred (its tokenizer's MAXINDENT)."""
_LOOPS_MAX: Final = 12
"""Loops within loops in one function; Python takes twenty (its compiler's CO_MAXBLOCKS)."""


def outlined(lines: Lines) -> Lines:
    """Return the body of a function, whose depths begin at 1, with functions before it for what stands too deep.

    They share the names of the kernel's function, which has them all before it calls the first.
    """
    outliner = _Outliner()
    main = outliner.cut(lines)
    parts: Lines = []
    names: set[str] = set()
    while outliner.waiting:
        name, part = outliner.waiting.pop()
        body = outliner.cut(part)
        own = sorted(_assigned(body))
        names.update(own)
        parts.append((1, f"def {name}():"))
        if own:
            parts.append((2, f"nonlocal {', '.join(own)}"))
        parts += ((depth + 1, text) for depth, text in body)
        # Each is a generator, whether it has a loop or not.
        parts += [(2, "return"), (2, "yield")]
    return [*((1, f"{name} = None") for name in sorted(names)), *parts, *main]


class _Outliner:
    def __init__(self) -> None:
        self.waiting: list[tuple[str, Lines]] = []
        self._made = 0

    def cut(self, lines: Lines) -> Lines:
        """Return lines of one function without the statements that stand too deep, which are put on the list."""
        kept: Lines = []
        loops: list[int] = []
        at = 0
        while at < len(lines):
            depth, text = lines[at]
            while loops and loops[-1] >= depth:
                loops.pop()
            is_loop = text.startswith(("while ", "for "))
            is_head = at + 1 < len(lines) and lines[at + 1][0] > depth
            if is_head and (depth >= _DEPTH_MAX or (is_loop and len(loops) >= _LOOPS_MAX)):
                end = at + 1
                while end < len(lines) and (lines[end][0] > depth or _goes_on(lines[end], depth)):
                    end += 1
                self._made += 1
                name = f"part{self._made}"
                self.waiting.append((name, [(inner - depth + 1, line) for inner, line in lines[at:end]]))
                kept.append((depth, f"yield from {name}()"))
                at = end
                continue
            if is_loop:
                loops.append(depth)
            kept.append(lines[at])
            at += 1
        return kept


def _goes_on(line: tuple[int, str], depth: int) -> bool:
    return line[0] == depth and line[1].startswith(("else", "elif "))


def _assigned(lines: Lines) -> set[str]:
    """Return the names that lines assign or delete."""
    tree = ast.parse("\n".join(["def part():", *(" " * depth + text for depth, text in lines)]))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
