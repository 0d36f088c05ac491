"""Sizes and durations are read in one place, for every command line."""

from __future__ import annotations

import pytest

from aikernel_web.contracts.quantities import parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("65536", 65_536),
        ("64K", 65_536),
        ("64k", 65_536),
        ("64M", 64 << 20),
        ("64MiB", 64 << 20),
        ("64 MB", 64 << 20),
        ("1.5G", 3 << 29),
        ("2T", 2 << 40),
        ("7B", 7),
        ("9007199254740993", 9007199254740993),
    ],
)
def test_a_size_is_bytes_or_a_number_with_a_unit(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10", 10), ("0.5", 0.5), ("1.5s", 1.5), ("200ms", 0.2), ("2m", 120), ("1h", 3600), (" 3 S ", 3)],
)
def test_a_duration_is_seconds_or_a_number_with_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "M", "-1", "1e3", "64X", "64MM", "1,5M", "0x10", "٣", "nan", "inf", "1 2"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 64M"):
        parse_size(text)
    with pytest.raises(ValueError, match=r"such as 1\.5s"):
        parse_duration(text)
