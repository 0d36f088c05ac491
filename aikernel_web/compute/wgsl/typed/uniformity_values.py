"""What the values of expressions depend on (WGSL, sections 15.2.5 to 15.2.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..source import Span
from ..types import Pointer
from . import tree
from .roots import Roots
from .steps import Steps
from .uniformity_builtins import difference, is_barrier, is_collective, uniform_arguments
from .uniformity_filters import Filters
from .uniformity_graph import NOT_UNIFORM, SAME, Graph, Note
from .uniformity_state import State
from .uniformity_summary import Cause, Output, Summary
from .walk import parts_of


@dataclass(frozen=True, slots=True)
class Need:
    """A node that has to be uniform, where that is, and why."""

    node: int
    span: Span
    cause: Cause
    is_value: bool
    """Whether it is a value that has to be the same, rather than the control flow."""


class Values:
    """Adds the expressions of one function to its graph; control flow is a node too."""

    def __init__(self, graph: Graph, roots: Roots, summaries: Mapping[str, Summary], filters: Filters) -> None:
        self._graph = graph
        self._roots = roots
        self._summaries = summaries
        self._filters = filters
        self.state = State()
        """What values are, and what variables hold; a parameter that points to a variable stands for that variable."""
        self.pointers: dict[tree.Local, int] = {}
        """Such parameters themselves."""
        self.needs: list[Need] = []

    def value(self, node: tree.Value | tree.Place, flow: int) -> Steps[int] | int:
        """Return the node of a value that is worked out under a control flow; of a place that of where it is.

        The control flow itself is no part of it: whoever keeps a value beyond it adds that.
        """
        match node:
            case tree.LocalValue(local=local):
                known = self.pointers[local] if local in self.pointers else self.state.get(local)
                return SAME if known is None else known
            case tree.Literal() | tree.OverrideValue() | tree.LocalPlace() | tree.ModulePlace():
                return SAME
        return self._value(node, flow)

    def _value(self, node: tree.Value | tree.Place, flow: int) -> Steps[int]:
        match node:
            case tree.Load(place=place):
                where: int = yield self.value(place, flow)
                return self._graph.joined((where, self._contents(place)))
            case tree.Binary(operator="&&" | "||" as operator, left=left, right=right):
                decides: int = yield self.value(left, flow)
                result: int = yield self.value(right, self.branch(decides, flow, left.span, f"'{operator}'"))
                return self._graph.joined((decides, result))
            case tree.BuiltinCall():
                made: int = yield self._builtin(node, flow)
                return made
            case tree.Call():
                made = yield self._call(node, flow)
                return made
        parts: list[int] = []
        for part in parts_of(node):
            parts.append((yield self.value(part, flow)))  # type: ignore[arg-type]  # noqa: PERF401 - cannot yield
        return self._graph.joined(parts)

    def branch(self, decides: int, flow: int, span: Span, what: str) -> int:
        """Return the node of the control flow behind what a value decides."""
        return self._graph.node(flow, self._graph.node(decides, note=Note(span, what, branches=True)))

    def _contents(self, place: tree.Place) -> int:
        """Return the node of what a place holds."""
        root = self._roots.of_place(place)
        if place.space == "function" and isinstance(root, tree.Local):
            known = self.state.get(root)
            return SAME if known is None else known
        if place.space in ("uniform", "immediate") or (place.space in ("storage", "handle") and place.access == "read"):
            return SAME
        name = root.name if isinstance(root, tree.Local) else root
        return self._graph.node(NOT_UNIFORM, note=Note(place.span, f"what {name!r} holds"))

    def assign(self, place: tree.Place, where: int, value: int, flow: int) -> None:
        """Note that a place is written to."""
        root = self._roots.of_place(place)
        if place.space != "function" or not isinstance(root, tree.Local):
            return
        edges = [flow, where, value]
        known = self.state.get(root)
        if known is not None and not self._roots.is_whole(place):
            edges.append(known)
        self.state.set(root, self._graph.joined(edges))

    def _arguments(self, arguments: tuple[tree.Value, ...], flow: int) -> Steps[list[int]]:
        nodes: list[int] = []
        for argument in arguments:
            nodes.append((yield self.value(argument, flow)))  # noqa: PERF401 - a comprehension cannot yield
        return nodes

    def _builtin(self, call: tree.BuiltinCall, flow: int) -> Steps[int]:
        name, span = call.name, call.span
        arguments: list[int] = yield self._arguments(call.arguments, flow)
        if is_barrier(name) or (is_collective(name) and self._filters.is_error(span)):
            cause = Cause(name, span)
            self.needs.append(Need(self._graph.node(flow), span, cause, is_value=False))
            for at in uniform_arguments(name):
                argument = call.arguments[at]
                self.needs.append(Need(self._graph.node(arguments[at]), argument.span, cause, is_value=True))
        if difference(name) != SAME:
            return self._graph.node(difference(name), *arguments, note=Note(span, f"the result of {name!r}"))
        if name == "textureLoad" and isinstance(call.arguments[0], tree.Load):
            return self._graph.joined((self._contents(call.arguments[0].place), *arguments))
        # What workgroupUniformLoad answers is the same for all, and arrayLength looks at no contents.
        return SAME if name == "workgroupUniformLoad" else self._graph.joined(arguments)

    def _call(self, call: tree.Call, flow: int) -> Steps[int]:
        nodes: list[int] = yield self._arguments(call.arguments, flow)
        summary = self._summaries.get(call.function, Summary())
        contents = [self._pointed(argument) for argument in call.arguments]
        span = call.span
        for cause in summary.called.values():
            self.needs.append(Need(self._graph.node(flow), span, cause, is_value=False))
        for wanted, found in ((summary.values, nodes), (summary.contents, contents)):
            for (at, _), cause in wanted.items():
                place = call.arguments[at].span
                self.needs.append(Need(self._graph.node(found[at]), place, cause, is_value=True))
        results: list[tuple[tree.Value, int]] = []
        for at, output in summary.outputs.items():
            results.append((call.arguments[at], self._made(call, output, nodes, contents, flow)))
        for argument, made in results:
            root = self._roots.of_value(argument)
            if isinstance(root, tree.Local):
                known = self.state.get(root)
                is_part = not isinstance(argument, tree.LocalValue) and not self._is_whole(argument)
                self.state.set(root, made if known is None or not is_part else self._graph.node(made, known))
        return self._made(call, summary.result, nodes, contents)

    def _is_whole(self, pointer: tree.Value) -> bool:
        return isinstance(pointer, tree.AddressOf) and self._roots.is_whole(pointer.place)

    def _pointed(self, argument: tree.Value) -> int:
        """Return the node of what a pointer into a function's variable points to."""
        if not isinstance(argument.type, Pointer) or argument.type.space != "function":
            return SAME
        root = self._roots.of_value(argument)
        known = self.state.get(root) if isinstance(root, tree.Local) else None
        return SAME if known is None else known

    def _made(self, call: tree.Call, output: Output, values: list[int], contents: list[int], flow: int = SAME) -> int:
        edges = [flow, *(values[at] for at in output.values), *(contents[at] for at in output.contents)]
        if output.differs != SAME:
            return self._graph.node(output.differs, *edges, note=Note(call.span, f"what {call.function!r} makes"))
        return self._graph.joined(edges)
