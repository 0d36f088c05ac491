"""Overload resolution of WGSL's own functions (WGSL, sections 6.1.3 and 17)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ..fault import Fault
from ..source import Span
from ..types import Type
from .constant_calls import check_of, constant_of
from .overload import ALL_STAGES, FRAGMENT, NO_VERTEX, Overload, wrong_count, wrong_types
from .results import frexp_result, modf_result
from .signatures_memory import MEMORY, resolve_memory
from .signatures_numeric import NUMERIC
from .signatures_special import resolve_bitcast
from .signatures_textures import resolve_texture

_RESULTS = {"__frexp_result": frexp_result, "__modf_result": modf_result}
_CACHED = 4096


def resolve(
    name: str, arguments: Sequence[Type], template: Type | None, span: Span, *, constant: bool = True
) -> Overload:
    """Return the overload that a call of a function means.

    Args:
        name: The function's name, one of `FUNCTIONS`.
        arguments: Types of the arguments, abstract ones as they are.
        template: The type in its template list, which ``bitcast`` has.
        span: Where a fault is, if there is one.
        constant: Whether all arguments are constants: otherwise no overload of abstract numbers is chosen, so that
            ``select(1, 2, condition)`` is an i32.

    Raises:
        Fault: ``WGSL_ARGUMENT_COUNT``, ``WGSL_TYPE_MISMATCH`` with all that is accepted, ``WGSL_TEMPLATE_LIST``.
    """
    if name == "bitcast":
        return resolve_bitcast(arguments, template, span)
    if template is not None:
        raise Fault(span, "WGSL_TEMPLATE_LIST", f"{name!r} has no template list")
    if name in MEMORY:
        return resolve_memory(name, arguments, span)
    if name in NUMERIC:
        found = _numeric(name, tuple(arguments), constant)
        if found is None:
            ways = NUMERIC[name]
            counts = [len(way.parameters) for way in ways]
            if len(arguments) not in counts:
                raise wrong_count(name, counts, len(arguments), span)
            raise wrong_types(name, [str(way) for way in ways], arguments, span)
        return found
    return resolve_texture(name, arguments, span)


@lru_cache(maxsize=_CACHED)
def _numeric(name: str, arguments: tuple[Type, ...], constant: bool) -> Overload | None:
    """Return the overload of a function of values: where a type varies, the first that fits is the best of them."""
    for way in NUMERIC[name]:
        found = way.match(arguments, constant) if len(way.parameters) == len(arguments) else None
        if found is None:
            continue
        parameters, result, component = found
        if isinstance(result, str):
            result = _RESULTS[result](parameters[0])
        return Overload(
            name,
            parameters,
            result,
            constant=constant_of(name, parameters, component),
            check=check_of(name, component),
            constants=(1,) if name in ("subgroupBroadcast", "quadBroadcast") else (),
            stages=_stages(name),
        )
    return None


def _stages(name: str) -> frozenset[str]:
    if name.startswith(("dpd", "fwidth")):
        return FRAGMENT
    return NO_VERTEX if name.startswith(("subgroup", "quad")) else ALL_STAGES
