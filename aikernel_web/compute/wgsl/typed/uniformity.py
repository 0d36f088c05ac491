"""Whether all invocations reach what they have to reach together (WGSL, section 15.2: uniformity analysis)."""

from __future__ import annotations

from collections.abc import Mapping

from ..analysis import Analysis
from ..fault import Fault
from ..source import Span
from . import tree
from .steps import run
from .uniformity_filters import Filters
from .uniformity_flow import Flow
from .uniformity_graph import APART, NOT_UNIFORM, SAME, START, Budget, Graph
from .uniformity_summary import Output, Summary
from .uniformity_values import Need


class Uniformity:
    """Looks at the functions of a module."""

    def __init__(self, analysis: Analysis) -> None:
        self._source = analysis.source
        self._report = analysis.report
        self._filters = Filters(analysis.module, "subgroup_uniformity", analysis.source.text)
        self._summaries: dict[str, Summary] = {}

    def check(self, functions: Mapping[str, tree.Function]) -> None:
        """Report what may not be reached by all; the functions stand behind those they call."""
        budget = Budget()
        for function in functions.values():
            if self._report.full:
                return
            try:
                flow = Flow(function, Graph(budget, function.span), self._summaries, self._filters)
                run(flow.body())
                self._summaries[function.name] = _summary(flow)
                if flow.values.needs:
                    self._tell(flow)
            except Fault as fault:
                self._report.add(fault.span, fault.code, fault.message)
                return

    def _tell(self, flow: Flow) -> None:
        scopes = {need.cause.within_subgroups for need in flow.values.needs}
        ways = {within: flow.graph.ways(NOT_UNIFORM if within else APART) for within in scopes}
        for need in flow.values.needs:
            if need.node in ways[need.cause.within_subgroups]:
                self._tell_one(flow.graph, need, ways[need.cause.within_subgroups])

    def _tell_one(self, graph: Graph, need: Need, ways: Mapping[int, int]) -> None:
        origin = graph.noted(need.node, ways, branches=False)
        branch = None if need.is_value else graph.noted(need.node, ways, branches=True)
        name, within = need.cause.name, need.cause.within_subgroups
        everyone = "all invocations of a subgroup" if within else "all invocations"
        through = "" if need.cause.span == need.span else f" ({self._place(need.cause.span)})"
        because = "" if origin is None else f", since {origin.text} ({self._place(origin.span)}) may differ"
        if need.is_value:
            message = f"this has to be the same for {everyone} that call {name!r}{through}, and may not be{because}"
        else:
            where = "" if branch is None else f": {branch.text} ({self._place(branch.span)}) may part them{because}"
            message = f"{name!r}{through} has to be reached by {everyone} together, and may not be{where}"
        if within:
            message += "; where it is so all the same, 'diagnostic(off, subgroup_uniformity);' at the beginning says so"
        self._report.add(need.span, "WGSL_NOT_UNIFORM", message)

    def _place(self, span: Span) -> str:
        line, column = self._source.place(span.start)
        return f"line {line}, column {column}"


def _summary(flow: Flow) -> Summary:
    """Return what callers have to know of a function."""
    made = Summary()
    if flow.function.inputs:
        return made
    values = {node: at for at, node in flow.parameters.items()}
    contents = {node: at for at, node in flow.contents.items()}
    for need in flow.values.needs:
        within = need.cause.within_subgroups
        for node in flow.graph.reached(need.node):
            if node == START and not need.is_value:
                made.called.setdefault(within, need.cause)
            elif node in values:
                made.values.setdefault((values[node], within), need.cause)
            elif node in contents:
                made.contents.setdefault((contents[node], within), need.cause)
    made.result = _output(flow.graph, flow.result, values, contents)
    made.outputs = {at: _output(flow.graph, node, values, contents) for at, node in flow.outputs.items()}
    return made


def _output(graph: Graph, node: int, values: Mapping[int, int], contents: Mapping[int, int]) -> Output:
    reached = graph.reached(node)
    return Output(
        next((node for node in (NOT_UNIFORM, APART) if node in reached), SAME),
        {values[item] for item in reached if item in values},
        {contents[item] for item in reached if item in contents},
    )
