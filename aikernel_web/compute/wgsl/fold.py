"""Shaders for more workgroups along a dimension than a device takes (WebGPU, maxComputeWorkgroupsPerDimension)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...contracts.errors import InvalidArgumentError
from .parser import parse
from .shader import EntryPoint, Shader
from .source import Report, Source, Span
from .syntax import Alias, Attribute, Field, Function, Name, Struct

_COUNT_MAX = (1 << 32) - 1
_ONLY_OF_ENTRY_POINTS = frozenset(("compute", "workgroup_size", "subgroup_size", "builtin"))
_DIMENSIONS = "xyz"


@dataclass(frozen=True, slots=True)
class FoldedShader:
    """The same kernel for any shape of the dispatch: its workgroups are numbered, and find out where they are."""

    text: str
    """The original, whose lines stay where they are, and an entry point behind it."""
    entry: str
    counts: tuple[str, str, str]
    """The overrides of type u32 that say how many workgroups there are along x, y and z, surplus ones left out."""

    def constants(self, groups: tuple[int, int, int]) -> dict[str, int]:
        """Return the values of ``counts`` for a dispatch of ``groups``."""
        return dict(zip(self.counts, groups, strict=True))

    def grid(self, groups: tuple[int, int, int], limit: int) -> tuple[int, int, int]:
        """Return the dispatch that runs ``groups`` with at most ``limit`` along each dimension; few are surplus.

        Raises `InvalidArgumentError` with ``WEBGPU_WORKGROUPS_INVALID`` where there are too many to be counted.
        """
        total = groups[0] * groups[1] * groups[2]
        if total == 0:
            return 0, 0, 0
        z = -(-total // (limit * limit))
        y = -(-total // (z * limit))
        x = -(-total // (z * y))
        if x * y * z > _COUNT_MAX or z > limit:
            message = (
                f"{groups[0]} x {groups[1]} x {groups[2]} workgroups are {total}; a dispatch has at most "
                f"{min(_COUNT_MAX, limit**3)} here: split it, or let an invocation do more."
            )
            raise InvalidArgumentError(message, code="WEBGPU_WORKGROUPS_INVALID")
        return x, y, z


def fold_workgroups(shader: Shader, entry: EntryPoint) -> FoldedShader:
    """Return a shader with an entry point that does what ``entry`` does, for more workgroups than a dimension takes.

    The original becomes a function that the new entry point calls with the ``workgroup_id``, ``num_workgroups`` and
    ``global_invocation_id`` that it would have; surplus workgroups return at once, as a whole.

    Raises `InvalidArgumentError` with ``WEBGPU_WORKGROUPS_INVALID`` where the shader gives another meaning to the
    names of the types ``u32`` and ``vec3``.
    """
    source = Source(shader.text)
    module = parse(source, Report(source))
    functions = [item for item in module.declarations if isinstance(item, Function) and item.name == entry.name]
    types = {item.name: item for item in module.declarations if isinstance(item, Struct | Alias)}
    declared = {getattr(item, "name", "") for item in module.declarations}
    taken = sorted(declared & {"u32", "vec3"})
    if taken:
        message = f"The shader declares {taken[0]!r} itself: its workgroups cannot be spread. Take another name."
        raise InvalidArgumentError(message, code="WEBGPU_WORKGROUPS_INVALID")
    return _Folding(shader.text, functions[0], types).fold()


class _Folding:
    """Writes the new entry point of one function."""

    def __init__(self, text: str, function: Function, types: Mapping[str, Struct | Alias]) -> None:
        self._text = text
        self._function = function
        self._types = types
        self._values: dict[str, Callable[[], str]] = {
            "global_invocation_id": self._global_id,
            "global_invocation_index": self._global_index,
            "workgroup_id": lambda: self._name("group"),
            "workgroup_index": lambda: self._name("index"),
            "num_workgroups": lambda: self._name("groups"),
        }
        self._inputs: dict[str, str] = {"workgroup_id": "vec3<u32>", "num_workgroups": "vec3<u32>"}
        self._prefix = "folded"
        while self._prefix in text:
            self._prefix += "_"
        size = next(item for item in function.attributes if item.name == "workgroup_size")
        sizes = [self._written(argument.span) for argument in size.arguments]
        self._sizes = [*sizes, "1", "1"][:3]

    def fold(self) -> FoldedShader:
        """Return the shader."""
        counts = tuple(self._name(f"count_{dimension}") for dimension in _DIMENSIONS)
        arguments = ", ".join(self._argument(parameter) for parameter in self._function.parameters)
        parameters = ", ".join(
            f"@builtin({builtin}) {self._name(builtin)}: {kind}" for builtin, kind in self._inputs.items()
        )
        attributes = " ".join(
            self._written(item.span) for item in self._function.attributes if item.name in _ONLY_OF_ENTRY_POINTS
        )
        entry, group, groups, index = (self._name(part) for part in ("entry", "group", "groups", "index"))
        given, spread = self._name("workgroup_id"), self._name("num_workgroups")
        x, y, z = counts
        lines = [
            *(f"override {count}: u32;" for count in counts),
            f"{attributes} fn {entry}({parameters}) {{",
            f"    let {index} = {given}.x + {spread}.x * ({given}.y + {spread}.y * {given}.z);",
            f"    if ({index} >= {x} * {y} * {z}) {{ return; }}",
            f"    let {groups} = vec3<u32>({x}, {y}, {z});",
            f"    let {group} = vec3<u32>({index} % {x}, {index} / {x} % {y}, {index} / {x} / {y});",
            f"    {self._function.name}({arguments});",
            "}",
        ]
        return FoldedShader("\n".join([self._original(), *lines, ""]), entry, (x, y, z))

    def _name(self, part: str) -> str:
        return f"{self._prefix}_{part}"

    def _written(self, span: Span) -> str:
        return self._text[span.start : span.end]

    def _original(self) -> str:
        """Return the text without what makes the function an entry point; every other character keeps its place."""
        text = self._text
        attributes: list[Attribute] = [*self._function.attributes]
        for parameter in self._function.parameters:
            attributes += parameter.attributes
        for attribute in attributes:
            if attribute.name in _ONLY_OF_ENTRY_POINTS:
                span = attribute.span
                blank = "".join(letter if letter.isspace() else " " for letter in text[span.start : span.end])
                text = text[: span.start] + blank + text[span.end :]
        return text

    def _argument(self, parameter: Field) -> str:
        """Return what is given to a parameter: a built-in value, or a structure of such."""
        builtin = _builtin(parameter)
        if builtin is not None:
            return self._value(builtin)
        kind = parameter.type
        values = (self._value(_builtin(member) or "") for member in self._members(kind))
        return f"{self._written(kind.span)}({', '.join(values)})"

    def _members(self, kind: Name) -> tuple[Field, ...]:
        declared = self._types[kind.name]
        while isinstance(declared, Alias):
            declared = self._types[declared.type.name]
        return declared.members

    def _value(self, builtin: str) -> str:
        if builtin in self._values:
            return self._values[builtin]()
        self._inputs[builtin] = "vec3<u32>" if builtin == "local_invocation_id" else "u32"
        return self._name(builtin)

    def _global_id(self) -> str:
        self._inputs["local_invocation_id"] = "vec3<u32>"
        x, y, z = (f"u32({size})" for size in self._sizes)
        return f"{self._name('group')} * vec3<u32>({x}, {y}, {z}) + {self._name('local_invocation_id')}"

    def _global_index(self) -> str:
        place = f"({self._global_id()})"
        x, y = (
            f"{self._name('groups')}.{axis} * u32({size})" for axis, size in zip("xy", self._sizes[:2], strict=True)
        )
        return f"{place}.x + {x} * ({place}.y + {y} * {place}.z)"


def _builtin(item: Field) -> str | None:
    """Return the built-in value that a parameter or a member takes."""
    for attribute in item.attributes:
        word = attribute.arguments[0] if attribute.name == "builtin" else None
        if isinstance(word, Name):
            return word.name
    return None
