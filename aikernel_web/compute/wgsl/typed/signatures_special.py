"""``bitcast``, whose result stands in its template list (WGSL, section 17.2.1)."""

from __future__ import annotations

from collections.abc import Sequence

from ..fault import Fault
from ..source import Span
from ..types import ABSTRACT_FLOAT, ABSTRACT_INT, F16, F32, I32, U32, Scalar, Type, Vector
from ..values import component_of, with_component
from .constant_calls import bitcast_of
from .overload import Overload, wrong_count

_KINDS = (I32, U32, F32, F16)
_CANDIDATES = {ABSTRACT_INT: (I32, F16), ABSTRACT_FLOAT: (F32, F16)}
"""What abstract numbers become, the first that has as many bits."""
_ACCEPTED = "a scalar or vector of i32, u32, f32 or f16"


def resolve_bitcast(arguments: Sequence[Type], template: Type | None, span: Span) -> Overload:
    """Return the overload of a call of ``bitcast``; raises `Fault`."""
    if template is None:
        raise Fault(span, "WGSL_TEMPLATE_LIST", "'bitcast' has the type of its result in its template list")
    if len(arguments) != 1:
        raise wrong_count("bitcast", [1], len(arguments), span)
    wanted, source = component_of(template), component_of(arguments[0])
    if wanted not in _KINDS or not isinstance(template, Scalar | Vector):
        raise Fault(span, "WGSL_TYPE_MISMATCH", f"'bitcast' makes {_ACCEPTED}, not {template}")
    kinds = _CANDIDATES.get(source, (source,)) if source is not None else ()
    if source == ABSTRACT_INT and wanted == U32:
        # Of those from -2147483648 to 4294967295 the 32 bits are meant.
        kinds = (ABSTRACT_INT, F16)
    elif not set(kinds) <= set(_KINDS) or not isinstance(arguments[0], Scalar | Vector):
        kinds = ()
    if not kinds:
        raise Fault(span, "WGSL_TYPE_MISMATCH", f"'bitcast' takes {_ACCEPTED}, not {arguments[0]}")
    takes = [with_component(arguments[0], kind) for kind in kinds]
    taken = next((kind for kind in takes if _bits(kind) == _bits(template)), None)
    if taken is None:
        sizes = f"{takes[0]} has {_bits(takes[0])}, {template} {_bits(template)}"
        raise Fault(span, "WGSL_TYPE_MISMATCH", f"'bitcast' makes as many bits as it takes: {sizes}")
    return Overload("bitcast", (taken,), template, constant=bitcast_of(taken, template))


def _bits(kind: Type) -> int:
    width = kind.width if isinstance(kind, Vector) else 1
    return width * (16 if component_of(kind) == F16 else 32)
