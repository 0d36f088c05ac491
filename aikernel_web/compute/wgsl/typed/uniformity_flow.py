"""The control flow of a function, and what its variables hold on the way (WGSL, sections 15.2.3 and 15.2.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ..types import Pointer
from . import tree
from .behaviour import GOES_ON, Behaviour
from .roots import Root, Roots
from .steps import Steps
from .uniformity_builtins import SUBGROUP_INPUTS, UNIFORM_INPUTS
from .uniformity_filters import Filters
from .uniformity_graph import APART, NOT_UNIFORM, SAME, START, Graph, Note
from .uniformity_summary import Summary
from .uniformity_values import Values
from .walk import walk

_Simple: TypeAlias = tree.DeclareVar | tree.DeclareLet | tree.Assign | tree.Update | tree.CallStatement
_LEFT = Behaviour.BREAK | Behaviour.CONTINUE


@dataclass(slots=True)
class _Loop:
    """A loop, or a switch: the variables that are set in it, and the nodes of what they hold at its head and behind."""

    heads: dict[tree.Local, int] = field(default_factory=dict)
    exits: dict[tree.Local, int] = field(default_factory=dict)


class Flow:
    """Makes the graph of one function."""

    def __init__(
        self, function: tree.Function, graph: Graph, summaries: Mapping[str, Summary], filters: Filters
    ) -> None:
        self.function = function
        self._summaries = summaries
        self.graph = graph
        self._roots = Roots()
        self.values = Values(graph, self._roots, summaries, filters)
        self._assigned: dict[int, list[tree.Local]] = {}
        self._loops: list[_Loop] = []
        self._breaks: list[_Loop] = []
        self.result = graph.node()
        """The node of what the function returns."""
        self.parameters: dict[int, int] = {}
        """The nodes of parameters, by their numbers."""
        self.contents: dict[int, int] = {}
        """Of what the variables hold at first that parameters point to."""
        self.outputs: dict[int, int] = {}
        """Of what those of them hold in the end that the function sets."""
        self._declare()

    def _declare(self) -> None:
        for node in walk(self.function.body):
            if isinstance(node, tree.DeclareLet):
                self._roots.declare(node)
        takes_pointers = any(isinstance(local.type, Pointer) for local in self.function.parameters)
        written = set(self._written(self.function.body) if takes_pointers else ())
        for at, local in enumerate(self.function.parameters):
            if self.function.inputs:
                names = self.function.inputs[at]
                self.values.state.set(local, self._input({names} if isinstance(names, str) else set(names), local))
                continue
            self.parameters[at] = self.graph.node()
            if isinstance(local.type, Pointer) and local.type.space == "function":
                self.values.pointers[local] = self.parameters[at]
                self.contents[at] = self.graph.node()
                self.values.state.set(local, self.contents[at])
                if local in written:
                    self.outputs[at] = self.graph.node()
            else:
                self.values.state.set(local, self.parameters[at])

    def _input(self, names: set[str], local: tree.Local) -> int:
        """Return the node of a parameter that has these built-in values."""
        if names <= UNIFORM_INPUTS:
            return SAME
        differs = APART if names <= SUBGROUP_INPUTS else NOT_UNIFORM
        return self.graph.node(differs, note=Note(local.span, repr(local.name)))

    def _written(self, node: tree.Statement) -> list[tree.Local]:
        """Return the variables that are set in a statement."""
        found: dict[tree.Local, None] = {}

        def note(root: Root | None) -> None:
            if isinstance(root, tree.Local):
                found[root] = None

        for part in walk(node):
            match part:
                case tree.Assign(place=place) | tree.Update(place=place) if place is not None:
                    note(self._roots.of_place(place))
                case tree.Call(function=name, arguments=arguments):
                    for at in self._summaries.get(name, Summary()).outputs:
                        note(self._roots.of_value(arguments[at]))
        return list(found)

    def body(self) -> Steps[None]:
        """Add the function to the graph."""
        _, ends = yield self._statements(self.function.body.statements, START)
        if Behaviour.NEXT in ends:
            self._leave()

    def _leave(self) -> None:
        """Note what the variables of callers hold where the function ends."""
        for at, output in self.outputs.items():
            node = self.values.state.get(self.function.parameters[at])
            if node is not None:
                self.graph.edge(output, node)

    # Statements: each has a control flow behind it, and ways in which it ends

    def _statements(self, statements: Sequence[tree.Statement], flow: int) -> Steps[tuple[int, Behaviour]]:
        ends = Behaviour.NEXT
        for statement in statements:
            if isinstance(statement, _Simple):
                yield self._simple(statement, flow)
                continue
            flow, one = yield self._statement(statement, flow)
            ends = (ends & ~Behaviour.NEXT) | one
            if Behaviour.NEXT not in one:
                break  # what follows is never done
        return flow, ends

    def _statement(self, statement: tree.Statement, flow: int) -> Steps[tuple[int, Behaviour]]:
        made: tuple[int, Behaviour]
        match statement:
            case tree.Block(statements=statements):
                made = yield self._statements(statements, flow)
                return made
            case tree.If():
                made = yield self._if(statement, flow)
                return made
            case tree.Switch():
                made = yield self._switch(statement, flow)
                return made
            case tree.Loop():
                made = yield self._loop(statement, flow)
                return made
            case tree.Jump(kind=kind):
                return flow, self._jump(kind)
            case tree.Return(value=value):
                if value is not None:
                    self.graph.edge(self.result, (yield self.values.value(value, flow)))
                    self.graph.edge(self.result, flow)
                self._leave()
                return flow, Behaviour.RETURN
        raise TypeError(f"{type(statement).__name__} is simple")

    def _simple(self, statement: _Simple, flow: int) -> Steps[None]:
        values = self.values
        match statement:
            case tree.DeclareVar(local=local, value=value) | tree.DeclareLet(local=local, value=value):
                node = SAME
                if value is not None:
                    node = yield values.value(value, flow)
                values.state.set(local, node)
            case tree.Assign(place=place, value=value):
                node = yield values.value(value, flow)
                if place is not None:
                    values.assign(place, (yield values.value(place, flow)), node, flow)
            case tree.Update(place=place, value=value):
                old = yield values.value(tree.Load(place.span, place.type, place), flow)
                node = yield values.value(value, flow)
                values.assign(place, old, node, flow)
            case tree.CallStatement(call=call):
                yield values.value(call, flow)

    def _jump(self, kind: str) -> Behaviour:
        state = self.values.state
        nodes = self._breaks[-1].exits if kind == "break" else self._loops[-1].heads
        for local, node in nodes.items():
            held = state.get(local)
            if held is not None:
                self.graph.edge(node, held)
        return Behaviour.BREAK if kind == "break" else Behaviour.CONTINUE

    def _branch(self, condition: tree.Value, flow: int, what: str) -> Steps[int]:
        node: int = yield self.values.value(condition, flow)
        return self.values.branch(node, flow, condition.span, what)

    def _if(self, statement: tree.If, flow: int) -> Steps[tuple[int, Behaviour]]:
        state = self.values.state
        branch: int = yield self._branch(statement.condition, flow, "the 'if'")
        state.open()
        end, ends = yield self._statement(statement.then, branch)
        first, first_goes_on = state.close(), Behaviour.NEXT in ends
        last, other = branch, Behaviour.NEXT
        state.open()
        if statement.otherwise is not None:
            last, other = yield self._statement(statement.otherwise, branch)
        second, second_goes_on = state.close(), Behaviour.NEXT in other
        for local in dict.fromkeys((*first, *second)):
            known = state.get(local)
            if known is None:
                continue  # it was declared in the branch
            held = [first.get(local, known)] * first_goes_on + [second.get(local, known)] * second_goes_on
            state.set(local, self.graph.joined(held) if held else known)
        ends |= other
        return (flow if ends == Behaviour.NEXT else self.graph.joined((end, last))), ends

    def _switch(self, statement: tree.Switch, flow: int) -> Steps[tuple[int, Behaviour]]:
        state = self.values.state
        branch: int = yield self._branch(statement.selector, flow, "the 'switch'")
        around = _Loop(exits=self._nodes(statement))
        self._breaks.append(around)
        ends = Behaviour(0)
        flows: list[int] = []
        for case in statement.cases:
            state.open()
            end, one = yield self._statement(case.body, branch)
            flows.append(end)
            if Behaviour.NEXT in one:
                self._jump("break")
            ends |= one
            state.close()
        self._breaks.pop()
        self._restore(around)
        if Behaviour.BREAK in ends:
            ends = (ends & ~Behaviour.BREAK) | Behaviour.NEXT
        return (flow if ends == Behaviour.NEXT else self.graph.joined(flows)), ends

    def _loop(self, statement: tree.Loop, flow: int) -> Steps[tuple[int, Behaviour]]:
        state, graph = self.values.state, self.graph
        around = _Loop(self._nodes(statement), self._nodes(statement))
        head = graph.node(flow)
        state.open()
        for local, node in around.heads.items():
            known = state.get(local)
            if known is not None:
                graph.edge(node, known)
            state.set(local, node)
        self._loops.append(around)
        self._breaks.append(around)
        inner = head
        if statement.condition is not None:
            inner = yield self._branch(statement.condition, head, "the loop's condition")
            self._jump("break")
        end, ends = yield self._statement(statement.body, inner)
        if ends & GOES_ON:
            end, others = yield self._continuing(statement, end)
            ends |= others
            graph.edge(head, end)
        if statement.condition is not None:
            ends |= Behaviour.BREAK
        self._loops.pop()
        self._breaks.pop()
        last = state.close()
        if Behaviour.NEXT in ends:
            for local, node in around.heads.items():
                graph.edge(node, last[local])
        self._restore(around)
        leaves = Behaviour.BREAK in ends
        ends &= ~(_LEFT | Behaviour.NEXT)
        if leaves:
            ends |= Behaviour.NEXT
        return (flow if ends == Behaviour.NEXT else graph.joined((head, end))), ends

    def _continuing(self, statement: tree.Loop, flow: int) -> Steps[tuple[int, Behaviour]]:
        ends = Behaviour.NEXT
        if statement.continuing is not None:
            flow, ends = yield self._statement(statement.continuing, flow)
        if statement.break_if is not None:
            flow = yield self._branch(statement.break_if, flow, "'break if'")
            self._jump("break")
            ends |= Behaviour.BREAK
        return flow, ends

    def _nodes(self, statement: tree.Statement) -> dict[tree.Local, int]:
        """Return a new node for each variable from outside that is set in a statement."""
        if id(statement) not in self._assigned:
            self._assigned[id(statement)] = self._written(statement)
        state = self.values.state
        return {local: self.graph.node() for local in self._assigned[id(statement)] if state.get(local) is not None}

    def _restore(self, around: _Loop) -> None:
        """Go on behind a loop or a switch with what the variables hold where it is left."""
        for local, node in around.exits.items():
            self.values.state.set(local, node)
