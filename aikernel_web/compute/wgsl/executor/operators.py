"""Operators in the generated code (WGSL, sections 8.6 to 8.9): infix ones wherever NumPy's are WGSL's."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..typed.tree import Binary, Unary
from ..types import I32, U32, Matrix, Scalar
from ..values import FLOATS
from . import floats
from .emitter import Atoms, Emitter
from .integers import divided, divided_by, remainder, remainder_by, shifted_left, shifted_right
from .kinds import KINDS, component
from .literals import known
from .matrices import product
from .shapes import each

_Work = Callable[..., str]
_PLACES = 31
_HALF = 0.5
_POWER_MAX = 126
"""Of the powers of two that are normal f32, as their inverses are."""
_BOOLS = {"&&": "&", "||": "|"}


def unary(emitter: Emitter, node: Unary, operand: Atoms) -> Atoms:
    """Return ``-``, ``!`` or ``~`` of a value."""
    sign = "-" if node.operator == "-" else "~"
    return each(lambda atom: emitter.temp(f"{sign}{atom}"), operand)


def binary(emitter: Emitter, node: Binary, left: Atoms, right: Atoms) -> Atoms:
    """Return the result of an operator between two values; ``&&`` and ``||`` are given both of their sides."""
    matrices = isinstance(node.left.type, Matrix), isinstance(node.right.type, Matrix)
    scalars = isinstance(node.left.type, Scalar) or isinstance(node.right.type, Scalar)
    if node.operator == "*" and any(matrices) and not scalars:
        return product(emitter, (left, right), matrices)
    work = _worker(emitter, node.operator, component(node.left.type))
    return each(work, left, right)


def _worker(emitter: Emitter, operator: str, kind: Scalar) -> _Work:
    """Return what writes the operation on two scalars."""
    if operator in ("<<", ">>"):
        return lambda left, right: emitter.temp(_shift(emitter, operator, kind, left, right))
    if operator in ("/", "%") and kind in (I32, U32):
        return lambda left, right: emitter.temp(_quotient(emitter, operator, left, right))
    if operator == "/":
        return lambda left, right: emitter.temp(_float_quotient(emitter, left, right))
    if operator == "%" and kind in FLOATS:
        return lambda left, right: emitter.temp(f"{emitter.use(floats.remainder)}({left}, {right})")
    infix = _BOOLS.get(operator, operator)
    return lambda left, right: emitter.temp(f"{left} {infix} {right}")


def _float_quotient(emitter: Emitter, left: str, right: str) -> str:
    """Return a division; by a constant power of two a multiplication, as exact and done in a third of the time."""
    divisor = known(emitter, right)
    if isinstance(divisor, np.float32):
        fraction, exponent = math.frexp(divisor)
        if abs(fraction) == _HALF and abs(exponent - 1) <= _POWER_MAX:
            return f"{left} * {emitter.constant(np.float32(1) / divisor)}"
    return f"{left} / {right}"


def _quotient(emitter: Emitter, operator: str, left: str, right: str) -> str:
    shared = known(emitter, right) is not None
    if operator == "/":
        return f"{emitter.use(divided_by if shared else divided)}({left}, {right})"
    return f"{emitter.use(remainder_by if shared else remainder)}({left}, {right})"


def _shift(emitter: Emitter, operator: str, kind: Scalar, left: str, right: str) -> str:
    places = known(emitter, right)
    if places is not None:
        # By places of the kind that is shifted, a shift is NumPy's own.
        return f"{left} {operator} {emitter.constant(KINDS[kind](int(places) & _PLACES))}"
    return f"{emitter.use(shifted_left if operator == '<<' else shifted_right)}({left}, {right})"
