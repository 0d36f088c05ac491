"""Signatures of the functions that only look at values (WGSL, sections 17.2 to 17.5 and 17.9 to 17.13)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Final

from ..types import ABSTRACT_FLOAT, ABSTRACT_INT, BOOL, F16, F32, I32, U32
from .patterns import Signature, signatures

# In the order in which an abstract number becomes one of them (section 6.1.2).
_FLOATS = (ABSTRACT_FLOAT, F32, F16)
_SIGNED = (ABSTRACT_INT, I32, ABSTRACT_FLOAT, F32, F16)
_NUMBERS = (ABSTRACT_INT, I32, U32, ABSTRACT_FLOAT, F32, F16)
_WORDS = (I32, U32)
_CONCRETE = (I32, U32, F32, F16)

_TABLES = (
    signatures(
        _NUMBERS,
        """
        abs(S) -> S
        clamp(S, S, S) -> S
        dot(vecN<T>, vecN<T>) -> T
        max min(S, S) -> S
        """,
    ),
    signatures(_SIGNED, "sign(S) -> S"),
    signatures((BOOL, *_NUMBERS), "select(S, S, bool) -> S\n select(vecN<T>, vecN<T>, vecN<bool>) -> vecN<T>"),
    signatures((), "all any(bool) -> bool\n all any(vecN<bool>) -> bool"),
    signatures(
        _FLOATS,
        """
        acos acosh asin asinh atan atanh ceil cos cosh degrees exp exp2 floor fract inverseSqrt log log2(S) -> S
        radians round saturate sin sinh sqrt tan tanh trunc(S) -> S
        atan2 pow step(S, S) -> S
        cross(vec3<T>, vec3<T>) -> vec3<T>
        determinant(matCxC<T>) -> T
        distance(S, S) -> T
        faceForward(vecN<T>, vecN<T>, vecN<T>) -> vecN<T>
        fma smoothstep mix(S, S, S) -> S
        frexp(S) -> __frexp_result
        length(S) -> T
        mix(vecN<T>, vecN<T>, T) -> vecN<T>
        modf(S) -> __modf_result
        normalize(vecN<T>) -> vecN<T>
        reflect(vecN<T>, vecN<T>) -> vecN<T>
        refract(vecN<T>, vecN<T>, T) -> vecN<T>
        transpose(matCxR<T>) -> matRxC<T>
        """,
    ),
    signatures(_FLOATS, "ldexp(T, i32) -> T\n ldexp(vecN<T>, vecN<i32>) -> vecN<T>"),
    signatures(
        _WORDS,
        """
        countLeadingZeros countOneBits countTrailingZeros firstLeadingBit firstTrailingBit reverseBits(S) -> S
        extractBits(S, u32, u32) -> S
        insertBits(S, S, u32, u32) -> S
        """,
    ),
    signatures(
        (F32,),
        """
        quantizeToF16(S) -> S
        dpdx dpdxCoarse dpdxFine dpdy dpdyCoarse dpdyFine fwidth fwidthCoarse fwidthFine(S) -> S
        """,
    ),
    signatures(
        (),
        """
        dot4U8Packed(u32, u32) -> u32
        dot4I8Packed(u32, u32) -> i32
        pack4x8snorm pack4x8unorm(vec4<f32>) -> u32
        pack4xI8 pack4xI8Clamp(vec4<i32>) -> u32
        pack4xU8 pack4xU8Clamp(vec4<u32>) -> u32
        pack2x16snorm pack2x16unorm pack2x16float(vec2<f32>) -> u32
        unpack4x8snorm unpack4x8unorm(u32) -> vec4<f32>
        unpack4xI8(u32) -> vec4<i32>
        unpack4xU8(u32) -> vec4<u32>
        unpack2x16snorm unpack2x16unorm unpack2x16float(u32) -> vec2<f32>
        """,
    ),
    signatures(
        _CONCRETE,
        """
        subgroupAdd subgroupExclusiveAdd subgroupInclusiveAdd subgroupMul subgroupExclusiveMul(S) -> S
        subgroupInclusiveMul subgroupMax subgroupMin subgroupBroadcastFirst(S) -> S
        quadSwapDiagonal quadSwapX quadSwapY(S) -> S
        subgroupBroadcast subgroupShuffle quadBroadcast(S, i32) -> S
        subgroupBroadcast subgroupShuffle quadBroadcast(S, u32) -> S
        subgroupShuffleDown subgroupShuffleUp subgroupShuffleXor(S, u32) -> S
        """,
    ),
    signatures(_WORDS, "subgroupAnd subgroupOr subgroupXor(S) -> S"),
    signatures(
        (), "subgroupAll subgroupAny(bool) -> bool\n subgroupBallot(bool) -> vec4<u32>\n subgroupElect() -> bool"
    ),
)


def _gathered() -> dict[str, tuple[Signature, ...]]:
    found: dict[str, list[Signature]] = {}
    for name, items in chain.from_iterable(table.items() for table in _TABLES):
        found.setdefault(name, []).extend(items)
    return {name: tuple(items) for name, items in found.items()}


NUMERIC: Final[Mapping[str, tuple[Signature, ...]]] = _gathered()
"""By name; those of which the first that fits is the best come first."""
