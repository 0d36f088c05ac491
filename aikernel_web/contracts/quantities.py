"""Sizes and durations as people write them."""

from __future__ import annotations

import math
import re

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?)(?:I?B)?", re.IGNORECASE)
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|)", re.IGNORECASE)
_SIZE_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_DURATION_UNITS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_size(text: str) -> int:
    """Return the bytes that ``text`` says: ``65536``, ``64K``, ``64M``, ``1.5 GiB``; units are powers of 1024.

    Raises `ValueError` for anything else.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no size: give bytes, or a number with K, M, G or T, such as 64M.")
    unit = _SIZE_UNITS[found[2].upper()]
    return math.ceil(float(found[1]) * unit) if "." in found[1] else int(found[1]) * unit


def parse_duration(text: str) -> float:
    """Return the seconds that ``text`` says: ``10``, ``1.5s``, ``200ms``, ``2m``, ``1h``.

    Raises `ValueError` for anything else.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no duration: give seconds, or a number with ms, s, m or h, such as 1.5s.")
    return float(found[1]) * _DURATION_UNITS[found[2].lower()]
