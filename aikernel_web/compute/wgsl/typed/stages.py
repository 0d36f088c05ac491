"""What only some stages may do, found through all that an entry point calls (WGSL, sections 9.4.10 and 17)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..analysis import Analysis
from ..shader import Shader
from ..source import Span
from . import tree
from .walk import walk

_FRAGMENT: Final = ("dpd", "fwidth", "textureSample")
_ANY: Final = ("textureSampleLevel", "textureSampleGrad", "textureSampleBaseClampToEdge", "textureSampleCompareLevel")
_COMPUTE: Final = frozenset(("workgroupBarrier", "storageBarrier", "textureBarrier", "workgroupUniformLoad"))
_NO_VERTEX: Final = ("atomic", "subgroup", "quad")


class Stages:
    """Looks at what entry points reach."""

    def __init__(
        self,
        analysis: Analysis,
        shader: Shader,
        functions: Mapping[str, tree.Function],
        discards: Mapping[str, Span],
    ) -> None:
        self._report = analysis.report
        self._shader = shader
        self._functions = functions
        self._refused: dict[str, dict[str, tuple[Span, str]]] = {}
        """By function and stage: where it does what that stage cannot, itself or through others, and what."""
        for name, function in functions.items():
            self._refused[name] = self._refusals(function, discards.get(name))

    def check(self) -> None:
        """Report what entry points reach and must not."""
        told: set[Span] = set()
        for point in self._shader.entry_points.values():
            span, what = self._refused[point.name].get(point.stage, (None, ""))
            if span is not None and span not in told:
                told.add(span)
                message = f"{what} is not for shaders of stage {point.stage}, and {point.name!r} is one that does this"
                self._report.add(span, "WGSL_STAGE_INVALID", message)

    def computed(self) -> dict[str, tree.Function]:
        """Return the functions that a compute shader can call, and compute shaders."""
        renders = {point.name for point in self._shader.entry_points.values() if point.stage != "compute"}
        return {
            name: function
            for name, function in self._functions.items()
            if name not in renders and "compute" not in self._refused[name]
        }

    def _refusals(self, function: tree.Function, discard: Span | None) -> dict[str, tuple[Span, str]]:
        found: dict[str, tuple[Span, str]] = {}
        if discard is not None:
            found = dict.fromkeys(("compute", "vertex"), (discard, "'discard'"))
        for node in walk(function.body):
            if isinstance(node, tree.BuiltinCall):
                for stage in _refusing(node.name):
                    found.setdefault(stage, (node.span, repr(node.name)))
            elif isinstance(node, tree.ModulePlace):
                for stage in _without(node):
                    found.setdefault(stage, (node.span, repr(node.variable.name)))
            elif isinstance(node, tree.Call):
                for stage, place in self._refused.get(node.function, {}).items():
                    found.setdefault(stage, place)
        return found


def _refusing(name: str) -> tuple[str, ...]:
    """Return the stages that cannot call a function of WGSL's own."""
    if name in _COMPUTE:
        return ("vertex", "fragment")
    if name.startswith(_NO_VERTEX):
        return ("vertex",)
    if name.startswith(_FRAGMENT) and name not in _ANY:
        return ("compute", "vertex")
    return ()


def _without(place: tree.ModulePlace) -> tuple[str, ...]:
    """Return the stages that cannot use a variable."""
    if place.space == "workgroup":
        return ("vertex", "fragment")
    return ("vertex",) if place.space == "storage" and place.access == "read_write" else ()
