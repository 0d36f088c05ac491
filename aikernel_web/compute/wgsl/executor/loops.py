"""Loops: they go on while one lane does."""

from __future__ import annotations

from typing import Final

from ..typed.steps import Steps
from ..typed.tree import Loop
from .compaction import SHAPE, of_loop
from .context import Context, Flow
from .expressions import value
from .masks import both, minus, rejoin, without
from .patience import Patience
from .scan import first_leaving
from .trace import note_branch

GROUPS: Final = "groups"
"""The workgroups of the chunk, in kernels that may wait for others."""
TICKS: Final = "ticks"
"""The rounds of all loops: now and then the kernel yields, so that whoever runs it can look at the clock."""
_LINES: Final = 400
"""Lines that may be done from one look at the clock to the next: some tens of milliseconds in a page."""


def loop(context: Context, node: Loop) -> Steps[None]:
    """Write a loop.

    ``live`` has the lanes that are in it at the beginning of a round; those that leave are missing in the next.
    """
    emitter = context.emitter
    outer, live = emitter.mask, emitter.name("m")
    known = emitter.known()
    flow = Flow(loop=True, waiting=emitter.name("m"))
    inlined = context.inlined[-1]
    inlined.flows.append(flow)
    context.causes[live] = outer, first_leaving(node)
    emitter.line(f"{live} = {outer}")
    with emitter.aside() as lines:
        yield _rounds(context, node, live, flow)
    before, begin, after = of_loop(emitter, lines, live, known)
    emitter.splice(before)
    patience = emitter.name("q")
    if id(node) in context.waiting:
        emitter.line(f"{patience} = {emitter.use(Patience)}({GROUPS})")
    with emitter.block(f"while {live} is not False:"):
        emitter.line(f"{TICKS} += 1")
        emitter.line(f"if not {TICKS} % {max(1, _LINES // (len(lines) + 1))}: yield")
        emitter.splice(begin)
        if id(node) in context.waiting:
            emitter.line(f"{patience}.round({live}, {SHAPE})")
        emitter.splice(lines)
    emitter.splice(after)
    inlined.flows.pop()
    emitter.mask = outer
    if flow.returned:
        stays = emitter.name("m")
        emitter.line(f"{stays} = {emitter.use(minus)}({outer}, {inlined.gone})")
        context.narrowed(stays, first_leaving(node))


def _rounds(context: Context, node: Loop, live: str, flow: Flow) -> Steps[None]:
    emitter = context.emitter
    with emitter.inside():
        emitter.mask = live
        if node.condition is not None:
            condition = yield value(context, node.condition)
            note_branch(context, node.condition.span, condition)
            emitter.line(f"{live} = {emitter.use(both)}({live}, {condition})")
            emitter.line(f"if {live} is False: break")
        with emitter.aside() as lines:
            yield context.write_block(context, node.body)
        if flow.continued:
            emitter.line(f"{flow.waiting} = False")
        emitter.splice(lines)
        yield _continuing(context, node, live, flow)


def _continuing(context: Context, node: Loop, live: str, flow: Flow) -> Steps[None]:
    """Write what comes at the end of a round, and who goes on with the next."""
    emitter = context.emitter
    if flow.continued:
        ended = emitter.mask
        emitter.mask = live
        joined = emitter.name("m")
        emitter.line(f"{joined} = {emitter.use(rejoin)}({live}, {ended}, {flow.waiting})")
        context.narrowed(joined, first_leaving(node))
    if emitter.mask == "False":
        emitter.line("break")
        return
    ended = emitter.mask
    if ended != live:
        emitter.line(f"{live} = {ended}")
    if node.continuing is None and node.break_if is None:
        return
    if ended != live:
        emitter.line(f"if {live} is False: break")
    if node.continuing is not None:
        yield context.write_block(context, node.continuing)
    if node.break_if is not None:
        condition = yield value(context, node.break_if)
        note_branch(context, node.break_if.span, condition)
        emitter.line(f"{live} = {emitter.use(without)}({live}, {condition})")
