"""Bit functions (WGSL, section 17.5) in the generated code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .bits import (
    count_leading_zeros,
    count_ones,
    count_trailing_zeros,
    extract_bits,
    first_leading_bit,
    first_trailing_bit,
    insert_bits,
    reverse_bits,
)
from .expanders import Expander, functions

BITS: Mapping[str, Expander] = MappingProxyType(
    functions(
        countLeadingZeros=count_leading_zeros,
        countOneBits=count_ones,
        countTrailingZeros=count_trailing_zeros,
        extractBits=extract_bits,
        firstLeadingBit=first_leading_bit,
        firstTrailingBit=first_trailing_bit,
        insertBits=insert_bits,
        reverseBits=reverse_bits,
    )
)
