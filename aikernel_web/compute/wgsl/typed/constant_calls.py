"""Results of WGSL's own functions in constant expressions, from converted arguments (WGSL, section 17)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast

from ..functions import apply, check_clamp, check_ldexp, check_smoothstep, component_function
from ..functions_bits import PACKING, bitcast, check_field, extract_bits, insert_bits
from ..functions_vectors import WHOLES
from ..types import Scalar, Type, Vector
from ..values import Data, NumberFault, component_of

Work: TypeAlias = Callable[[Sequence[Data]], Data]
Check: TypeAlias = Callable[[Sequence["Data | None"]], None]
_CHECKS: dict[str, tuple[Callable[..., None], int, int]] = {
    "clamp": (check_clamp, 1, 2),
    "extractBits": (check_field, 1, 2),
    "insertBits": (check_field, 2, 3),
    "smoothstep": (check_smoothstep, 0, 1),
}
"""What is checked, and the numbers of the arguments."""
_LANES_MAX = 128
_QUAD = 4
_LANES = {
    "subgroupBroadcast": _LANES_MAX,
    "subgroupShuffle": _LANES_MAX,
    "subgroupShuffleDown": _LANES_MAX,
    "subgroupShuffleUp": _LANES_MAX,
    "subgroupShuffleXor": _LANES_MAX,
    "quadBroadcast": _QUAD,
}


def _select(_: Scalar, a: Any, b: Any, chosen: bool) -> Any:
    return b if chosen else a


_FIELDS: dict[str, Callable[..., Any]] = {"extractBits": extract_bits, "insertBits": insert_bits, "select": _select}


def constant_of(name: str, parameters: tuple[Type, ...], component: Scalar) -> Work | None:
    """Return how a function is worked out for parameters of these types.

    Args:
        name: The function's name.
        parameters: To whose types the arguments are converted.
        component: What the arguments are made of.

    Returns:
        None of a function that constants cannot call.
    """
    if name in WHOLES:
        whole = WHOLES[name]
        return lambda arguments: cast("Data", apply(whole, component, *arguments))
    if name in PACKING:
        packing = PACKING[name]
        return lambda arguments: cast("Data", packing(*arguments))
    if name in ("all", "any"):
        test = all if name == "all" else any
        return lambda arguments: test(_row(arguments[0]))
    function = _FIELDS.get(name) or component_function(name)
    if function is None:
        return None
    return _each(lambda *row: apply(function, component, *row), parameters)


def bitcast_of(source: Type, target: Type) -> Work:
    """Return how ``bitcast`` is worked out."""
    kinds = cast("Scalar", component_of(source)), cast("Scalar", component_of(target))

    def work(arguments: Sequence[Data]) -> Data:
        found = bitcast(*kinds, _row(arguments[0]))
        return found if isinstance(target, Vector) else found[0]

    return work


def check_of(name: str, component: Scalar) -> Check | None:
    """Return what is checked of single constant arguments, where others are none; None where nothing is."""
    if name == "ldexp":
        return _checked(lambda exponent: check_ldexp(component, exponent), 1)
    if name in _LANES:
        return _checked(lambda lane: _check_lane(name, lane), 1)
    if name in _CHECKS:
        check, *places = _CHECKS[name]
        return _checked(check, *places)
    return None


def _check_lane(name: str, lane: int) -> None:
    if not 0 <= lane < _LANES[name]:
        raise NumberFault(f"{name!r} by {lane}: it is 0 or more, and less than {_LANES[name]}")


def _checked(check: Callable[..., None], *places: int) -> Check:
    """Return a check of the arguments at these places, component by component, where they all are constants."""

    def work(arguments: Sequence[Data | None]) -> None:
        found = [arguments[place] for place in places]
        if any(item is None for item in found):
            return
        for row in zip(*(_row(cast("Data", item)) for item in found), strict=True):
            check(*row)

    return work


def _row(data: Data) -> tuple[Any, ...]:
    return data if isinstance(data, tuple) else (data,)


def _each(function: Callable[..., Any], parameters: tuple[Type, ...]) -> Work:
    """Return the work of a function component by component; scalars go with every component."""
    width = max((kind.width for kind in parameters if isinstance(kind, Vector)), default=0)

    def work(arguments: Sequence[Data]) -> Data:
        if not width:
            return cast("Data", function(*arguments))
        rows = (item if isinstance(item, tuple) else (item,) * width for item in arguments)
        return tuple(function(*row) for row in zip(*rows, strict=True))

    return work
