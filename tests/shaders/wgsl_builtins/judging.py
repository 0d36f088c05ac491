"""From two results of a probe to what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from wgsl_accuracy import bound
from wgsl_intervals import Interval

from .probe import Probe


def wrong(probe: Probe, arguments: list[NDArray[Any]], ours: NDArray[Any], theirs: NDArray[Any]) -> list[str]:
    """Return in words what is not as it has to be: floats as the standard asks, all else equal."""
    if probe.gives == "f":
        accepted = _accepted(probe, arguments)
        return [*_outside(accepted, arguments, "CPU", ours), *_outside(accepted, arguments, "GPU", theirs)]
    differs = ours != theirs
    if probe.free is not None:
        with np.errstate(all="ignore"):
            free = np.asarray(probe.free(*[np.asarray(argument, np.float64) for argument in arguments]))
        differs &= ~free.reshape(*free.shape, *[1] * (differs.ndim - free.ndim))
    rows = _rows(differs)
    return [
        f"of ({_shown(arguments, row)}) the CPU has {ours[row].tolist()} and the GPU "
        f"{theirs[row].tolist()}; {len(rows)} of {len(ours)} differ"
        for row in rows[:1]
    ]


def _outside(accepted: Interval, arguments: list[NDArray[Any]], whose: str, found: NDArray[Any]) -> list[str]:
    rows = _rows(~accepted.accepts(found))
    return [
        f"of ({_shown(arguments, row)}) the {whose} has {found[row].tolist()}, not between "
        f"{accepted.low[row].tolist()} and {accepted.high[row].tolist()}; {len(rows)} of {len(found)} are outside"
        for row in rows[:1]
    ]


def _accepted(probe: Probe, arguments: list[NDArray[Any]]) -> Interval:
    """Return the interval, shaped like the result."""
    rule = probe.accepted or _rule(probe.expression)
    with np.errstate(all="ignore"):
        return _joined(rule(*[_taken(argument, kind) for argument, kind in zip(arguments, probe.takes, strict=True)]))


def _rule(expression: str) -> Callable[..., Any]:
    """Return what the table has for a call, or an operator, whose arguments are ``a``, ``b`` ... in order."""
    found = re.fullmatch(r"(\w+)\(a(, b)?(, c)?\)|a (.) b", expression)
    assert found, f"{expression} names no entry of the table of accuracy"
    return partial(bound, found[1]) if found[1] else partial(_each, partial(bound, found[4]))


def _each(function: Callable[..., Any], *parts: Any) -> Any:
    """Apply a function to the components; scalars go with each."""
    counts = {len(part) for part in parts if isinstance(part, tuple)}
    if not counts:
        return function(*parts)
    (count,) = counts
    return tuple(
        _each(function, *(part[at] if isinstance(part, tuple) else part for part in parts)) for at in range(count)
    )


def _taken(argument: NDArray[Any], kind: str) -> Any:
    if kind != "f":
        return argument
    if argument.ndim == 1:
        return Interval.of(argument)
    return tuple(_taken(argument[:, at], kind) for at in range(argument.shape[1]))


def _joined(parts: Any) -> Interval:
    if isinstance(parts, Interval):
        return parts
    joined = [_joined(part) for part in parts]
    low, high = np.stack([part.low for part in joined], 1), np.stack([part.high for part in joined], 1)
    return Interval(joined[0].format, low, high)


def _rows(marked: NDArray[np.bool_]) -> NDArray[Any]:
    return np.flatnonzero(marked.reshape(len(marked), -1).any(1))


def _shown(arguments: list[NDArray[Any]], row: int) -> str:
    return ", ".join(str(argument[row].tolist()) for argument in arguments)
