"""``if`` and ``switch``: the active lanes are split, and come together again where none of them left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import numpy as np

from ..source import Span
from ..typed.steps import Steps
from ..typed.tree import Block, Case, If, Switch, Value
from ..types import I32
from .affine import Leaf
from .compaction import of_branch
from .context import Context, Flow
from .expressions import value
from .masks import Condition, both, minus, rejoin, split
from .trace import note_branch


def if_(context: Context, node: If) -> Steps[None]:
    """Write an ``if`` with all its ``else if``, side by side."""
    emitter = context.emitter
    outer = emitter.mask
    ends: list[tuple[str, str]] = []  # the masks of each part: where it began, and how it ended
    rests: list[str] = []
    rest: Block | None = None
    here: If | None = node
    if node.otherwise is None:
        yield _alone(context, node)
        return
    while here is not None:
        then, other = emitter.name("m"), emitter.name("m")
        if rests:
            emitter.line(f"{then} = {other} = False")
            with emitter.block(f"if {rests[-1]} is not False:"):
                yield _part(context, here, then, other)
        else:
            yield _part(context, here, then, other)
        rests.append(other)
        yield _branch(context, here.then, then, ends)
        emitter.mask = outer
        rest = here.otherwise
        here = _chained(rest)
        if here is not None:
            emitter.mask = rests[-1]
    if rest is not None:
        emitter.mask = rests[-1]
        yield _branch(context, rest, rests[-1], ends)
    else:
        ends.append((rests[-1], rests[-1]))
    _join(context, outer, rests, ends, node.condition.span)


def _alone(context: Context, node: If) -> Steps[None]:
    """Write an ``if`` without ``else``: the other lanes are counted only where some of its own leave."""
    emitter = context.emitter
    outer, then, other = emitter.mask, emitter.name("m"), emitter.name("m")
    condition = yield value(context, node.condition)
    span = node.condition.span
    context.causes[then] = context.causes[other] = outer, span
    ends: list[tuple[str, str]] = []
    with emitter.aside() as lines:
        note_branch(context, span, then)
        yield _branch(context, node.then, then, ends)
    if ends[0][1] == then:
        emitter.line(f"{then} = {emitter.use(both)}({outer}, {condition})")
    else:
        emitter.line(f"{then}, {other} = {emitter.use(split)}({outer}, {condition})")
    emitter.splice(lines)
    ends.append((other, other))
    _join(context, outer, [other], ends, span)


def _part(context: Context, node: If, then: str, other: str) -> Steps[None]:
    emitter = context.emitter
    mask = emitter.mask
    condition = yield value(context, node.condition)
    emitter.line(f"{then}, {other} = {emitter.use(split)}({mask}, {condition})")
    context.causes[then] = context.causes[other] = mask, node.condition.span
    note_branch(context, node.condition.span, then)


def _chained(node: Block | None) -> If | None:
    """Return the ``if`` of an ``else if``."""
    if node is not None and len(node.statements) == 1 and isinstance(node.statements[0], If):
        return node.statements[0]
    return None


def _branch(context: Context, node: Block, mask: str, ends: list[tuple[str, str]]) -> Steps[None]:
    emitter = context.emitter
    known = emitter.known()
    emitter.mask = mask
    with emitter.aside() as lines, emitter.inside():
        yield context.write_block(context, node)
    end = emitter.mask
    begin, back = of_branch(emitter, lines, mask, known) if context.in_groups and end == mask else ([], [])
    if end not in (mask, "False"):
        emitter.line(f"{end} = False")
    emitter.splice(begin)
    with emitter.block(f"if {mask} is not False:"):
        emitter.splice(lines)
    emitter.splice(back)
    ends.append((mask, end))


@contextmanager
def _guarded(context: Context, mask: str) -> Iterator[None]:
    """Write what follows below the test of a mask, which is the present one there; its last mask exists in any case."""
    emitter = context.emitter
    emitter.mask = mask
    with emitter.aside() as lines, emitter.block(f"if {mask} is not False:"):
        yield
    if emitter.mask not in (mask, "False"):
        emitter.line(f"{emitter.mask} = False")
    emitter.splice(lines)


def _join(context: Context, outer: str, rests: list[str], ends: list[tuple[str, str]], span: Span) -> None:
    """Go on with those that came to the end of their part: the mask from before where that is everybody."""
    emitter = context.emitter
    emitter.mask = outer
    if all(end == mask for mask, end in ends):
        return
    # The last part is all that the last test left; each test joins what it split.
    left = ends[-1][1]
    for at in reversed(range(len(rests))):
        whole = rests[at - 1] if at else outer
        mask, end = ends[at]
        if end == mask and left == rests[at]:
            left = whole
        elif "False" in (end, left):
            left = left if end == "False" else end
        else:
            joined = emitter.name("m")
            emitter.line(f"{joined} = {emitter.use(rejoin)}({whole}, {end}, {left})")
            left = joined
    if left == "False":
        emitter.mask = left
    elif left != outer:
        inner = (context.causes[end][1] for mask, end in ends if end not in (mask, "False"))
        context.causes[left] = outer, next(inner, span)
        emitter.mask = left


def switch(context: Context, node: Switch) -> Steps[None]:
    """Write a ``switch``; its default comes last, wherever it stands."""
    emitter = context.emitter
    outer = emitter.mask
    selector = yield value(context, node.selector)
    flows = context.inlined[-1].flows
    waiting = next((flow.waiting for flow in reversed(flows) if flow.loop), "")
    flow = Flow(loop=False, waiting=waiting)
    flows.append(flow)
    rest = outer
    for case in (case for case in node.cases if not case.is_default):
        then, other = emitter.name("m"), emitter.name("m")
        test = f"{emitter.use(matches)}({selector}, {_numbers(context, node.selector, case)})"
        parts = f"{emitter.use(split)}({rest}, {test})"
        emitter.line(f"{then}, {other} = {parts} if {rest} is not False else (False, False)")
        context.causes[then] = context.causes[other] = rest, node.selector.span
        yield _case(context, case.body, then)
        rest = other
    for case in (case for case in node.cases if case.is_default):
        yield _case(context, case.body, rest)
    flows.pop()
    emitter.mask = outer
    for left, gone in ((flow.continued, waiting), (flow.returned, context.inlined[-1].gone)):
        if left:
            stays = emitter.name("m")
            emitter.line(f"{stays} = {emitter.use(minus)}({emitter.mask}, {gone})")
            context.narrowed(stays, node.selector.span)


def _case(context: Context, node: Block, mask: str) -> Steps[None]:
    note_branch(context, node.span, mask)
    with _guarded(context, mask):
        yield context.write_block(context, node)


def _numbers(context: Context, selector: Value, case: Case) -> str:
    kind = np.int32 if selector.type == I32 else np.uint32
    names = [context.emitter.constant(kind(number)) for number in case.selectors]
    return f"({', '.join(names)},)"


def matches(selector: Leaf, numbers: tuple[np.generic, ...]) -> Condition:
    """Return whether a selector is one of some numbers."""
    found = selector == numbers[0]
    for number in numbers[1:]:
        found = found | (selector == number)
    return cast("Condition", found)
