"""Signatures with types that vary, matched against the types of arguments (WGSL, sections 6.1.2 and 6.1.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from ..types import BOOL, F16, F32, I32, U32, Matrix, Scalar, Type, Vector
from ..values import ABSTRACT, is_feasible

_SIGNATURE = re.compile(r"([\w ]+)\(([^)]*)\)(?: -> (.+))?")
_PARTS = re.compile(r",\s*(?![^<]*>)")
_FIXED = {str(kind): kind for kind in (BOOL, I32, U32, F32, F16)}
_VECTOR = re.compile(r"vec([234N])<(\w+)>")
_MATRIX = re.compile(r"mat([CR])x([CR])<T>")

Size: TypeAlias = 'Literal["C", "N", "R"] | int'
"""The width of a vector or the number of columns or rows: a number, or one that is the same throughout a signature."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A scalar, a vector or a matrix: ``sizes`` are none, its width, or its columns and rows."""

    sizes: tuple[Size, ...]
    component: Scalar | None
    """None is ``T``, which is the same throughout a signature."""
    text: str

    def made(self, sizes: dict[Size, int], component: Scalar) -> Type:
        """Return the type that this is with values for what varies."""
        component = self.component or component
        numbers = [sizes.get(size, size) for size in self.sizes]
        if not numbers:
            return component
        if len(numbers) == 1:
            return Vector(cast("int", numbers[0]), component)
        return Matrix(cast("int", numbers[0]), cast("int", numbers[1]), component)


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function; ``kinds`` are what ``T`` may be, those first to which a number becomes rather."""

    name: str
    parameters: tuple[Pattern, ...]
    result: Pattern | str | None
    """A string names one of WGSL's own structures."""
    kinds: tuple[Scalar, ...]

    def match(
        self, arguments: Sequence[Type], constant: bool
    ) -> tuple[tuple[Type, ...], Type | str | None, Scalar] | None:
        """Return the types of parameters and result, and ``T``; None where these arguments do not fit.

        Which of the kinds comes first decides, as the conversion ranks do: they rank those of all arguments alike.
        """
        sizes: dict[Size, int] = {}
        found: list[Scalar] = []
        for pattern, kind in zip(self.parameters, arguments, strict=True):
            component = _match(pattern, kind, sizes)
            if component is None:
                return None
            if pattern.component is None:
                found.append(component)
            elif not is_feasible(component, pattern.component):
                return None
        for wanted in self.kinds:
            if (constant or wanted not in ABSTRACT) and all(is_feasible(kind, wanted) for kind in found):
                parameters = tuple(pattern.made(sizes, wanted) for pattern in self.parameters)
                result = self.result.made(sizes, wanted) if isinstance(self.result, Pattern) else self.result
                return parameters, result, wanted
        return None

    def __str__(self) -> str:
        names = ", ".join(pattern.text for pattern in self.parameters)
        varies = any("T" in pattern.text for pattern in self.parameters)
        kinds = " or ".join(str(kind) for kind in self.kinds if kind not in ABSTRACT)
        return f"({names}) with T = {kinds}" if varies else f"({names})"


def signatures(kinds: tuple[Scalar, ...], text: str) -> dict[str, list[Signature]]:
    """Read lines such as ``min max(S, S) -> S``: names, parameters, result.

    ``T`` is a scalar, ``vecN<T>`` a vector, ``S`` either of them (two signatures), ``matCxR<T>`` a matrix.
    """
    found: dict[str, list[Signature]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        read = _SIGNATURE.fullmatch(line)
        if read is None:
            raise ValueError(f"{line!r} is no signature")
        names, parameters, result = read.groups()
        shapes = ("T", "vecN<T>") if re.search(r"\bS\b", parameters) else ("",)
        for shape in shapes:
            made = tuple(_pattern(part.replace("S", shape)) for part in _PARTS.split(parameters) if part)
            answer = _result(result, shape)
            for name in names.split():
                found.setdefault(name, []).append(Signature(name, made, answer, kinds or (BOOL,)))
    return found


def _result(text: str | None, shape: str) -> Pattern | str | None:
    if text is None or text.startswith("__"):
        return text
    return _pattern(shape if text == "S" else text)


def _pattern(text: str) -> Pattern:
    if text == "T":
        return Pattern((), None, text)
    if found := _VECTOR.fullmatch(text):
        size: Size = "N" if found[1] == "N" else int(found[1])
        return Pattern((size,), _FIXED.get(found[2]), text)
    if found := _MATRIX.fullmatch(text):
        return Pattern((cast("Size", found[1]), cast("Size", found[2])), None, text)
    return Pattern((), _FIXED[text], text)


def _match(pattern: Pattern, kind: Type, sizes: dict[Size, int]) -> Scalar | None:
    """Return what a type is made of, where it has the shape of a pattern; notes the sizes that vary."""
    match kind:
        case Scalar():
            numbers: tuple[int, ...] = ()
        case Vector(width):
            numbers = (width,)
        case Matrix(columns, rows):
            numbers = (columns, rows)
        case _:
            return None
    if len(numbers) != len(pattern.sizes):
        return None
    for size, number in zip(pattern.sizes, numbers, strict=True):
        if (size if isinstance(size, int) else sizes.setdefault(size, number)) != number:
            return None
    return kind if isinstance(kind, Scalar) else kind.component
