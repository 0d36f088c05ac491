"""Barriers: in lockstep, what is left of them is that a workgroup comes to each as a whole (WGSL, section 15.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..source import Report, Source, Span
from ..typed.tree import BuiltinCall
from . import places
from .context import Context
from .masks import Mask


def barrier(context: Context, node: BuiltinCall) -> None:
    """Write the check of a barrier, which a mask of all lanes passes at once."""
    emitter = context.emitter
    places.barrier(emitter, node.name)
    masks, spans = [emitter.mask], []
    while masks[-1] in context.causes:
        outer, span = context.causes[masks[-1]]
        masks.append(outer)
        spans.append(span)
    if emitter.mask == "True":
        return
    # From the outermost, so that the first that is not uniform is where they parted.
    known = [mask for mask in reversed(masks) if mask != "True"]
    site = Site(context.program.source, node, tuple(reversed(spans)))
    names = emitter.use(is_uniform), emitter.use(parted), emitter.constant(site)
    with emitter.block(f"if {emitter.mask} is not True and not {names[0]}({emitter.mask}):"):
        emitter.line(f"{names[1]}({names[2]}, ({', '.join(known)},))")


class Site:
    """A barrier in the text, and where those that come to it may part: one place for each mask."""

    def __init__(self, source: Source, node: BuiltinCall, spans: Sequence[Span]) -> None:
        self.source, self.node, self.spans = source, node, spans


def is_uniform(mask: NDArray[np.bool_]) -> bool:
    """Whether each workgroup, which is a row, is active as a whole or not at all."""
    return mask.shape[1] == 1 or bool((mask.any(axis=1) == mask.all(axis=1)).all())


def parted(site: Site, masks: Sequence[Mask]) -> None:
    """Raise `WgslError`, code ``WGSL_BARRIER_NOT_UNIFORM``, for a workgroup that came to a barrier in parts."""
    first = next(at for at, mask in enumerate(masks) if not isinstance(mask, bool) and not is_uniform(mask))
    mask: Any = masks[-1]
    row = int(np.argmax(mask.any(axis=1) != mask.all(axis=1)))
    report = Report(site.source)
    message = (
        f"{site.node.name!r} is reached by {int(mask[row].sum())} of the {mask.shape[1]} invocations of a workgroup: "
        "all of them come to a barrier, or none"
    )
    report.add(site.node.span, "WGSL_BARRIER_NOT_UNIFORM", message)
    report.add(site.spans[first], "WGSL_BARRIER_NOT_UNIFORM", "the invocations of a workgroup part here")
    report.finish()
