"""Pixel formats: what colours bytes are."""

from __future__ import annotations

import numpy as np
import pytest

from aikernel_web import InvalidArgumentError, KernelError
from aikernel_web.runtime.pixels import PIXEL_BYTES, Geometry, palette_bytes, to_rgba


@pytest.mark.parametrize(
    ("name", "data", "rgba"),
    [
        ("rgba8888", bytes([1, 2, 3, 4]), (1, 2, 3, 4)),
        ("bgra8888", bytes([1, 2, 3, 4]), (3, 2, 1, 4)),
        ("rgb888", bytes([1, 2, 3]), (1, 2, 3, 255)),
        ("rgb565", (0b11111_000000_00000).to_bytes(2, "little"), (255, 0, 0, 255)),
        ("rgb565", (0b00000_111111_00000).to_bytes(2, "little"), (0, 255, 0, 255)),
        ("rgb565", (0b00000_000000_11111).to_bytes(2, "little"), (0, 0, 255, 255)),
        ("rgb565", (0b10000_100000_00001).to_bytes(2, "little"), (132, 130, 8, 255)),
        ("gray8", bytes([9]), (9, 9, 9, 255)),
        ("indexed8", bytes([200]), (200, 200, 200, 255)),
    ],
)
def test_a_pixel_has_its_colour(name: str, data: bytes, rgba: tuple[int, ...]) -> None:
    assert tuple(to_rgba(data, Geometry(1, 1, name))[0, 0]) == rgba


@pytest.mark.parametrize("name", sorted(PIXEL_BYTES))
def test_rows_stand_from_the_top(name: str) -> None:
    first, second = bytes(PIXEL_BYTES[name]), b"\xff" * PIXEL_BYTES[name]
    rgba = to_rgba(first * 3 + second * 3, Geometry(3, 2, name))
    assert rgba.shape == (2, 3, 4)
    assert rgba.dtype == np.uint8
    assert rgba[0, :, :3].max() == 0
    assert rgba[1, :, :3].min() == 255


def test_indexed_pixels_take_the_colours_given_and_greys_beyond() -> None:
    geometry = Geometry(3, 1, "indexed8", palette_bytes([0x102030, 0xFFFFFF]))
    assert to_rgba(bytes([0, 1, 77]), geometry)[0].tolist() == [
        [0x10, 0x20, 0x30, 255],
        [255, 255, 255, 255],
        [77, 77, 77, 255],
    ]


def test_palettes_are_numbers_or_bytes_of_three_or_four() -> None:
    triples = bytes(range(256)) * 3
    assert palette_bytes([0x010203]) == bytes([1, 2, 3, 255])
    assert palette_bytes(bytes([1, 2, 3, 4, 5, 6])) == bytes([1, 2, 3, 255, 4, 5, 6, 255])
    assert len(palette_bytes(triples)) == 1024
    assert palette_bytes(bytes(1024)) == bytes(1024)


@pytest.mark.parametrize("palette", [bytes(5), bytes(771), [0] * 257, [-1], [0x1000000]])
def test_what_is_no_palette_is_refused(palette: object) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        palette_bytes(palette)  # type: ignore[arg-type]
    assert refused.value.code == "WASM_PALETTE_INVALID"


@pytest.mark.parametrize(("width", "height", "name"), [(0, 1, "gray8"), (1, 4097, "gray8"), (1, 1, "yuv")])
def test_what_is_no_picture_is_refused(width: int, height: int, name: str) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        Geometry(width, height, name)
    assert refused.value.code == "WASM_FRAMEBUFFER_GEOMETRY_INVALID"


def test_bytes_that_do_not_fill_the_picture_are_refused() -> None:
    with pytest.raises(KernelError) as refused:
        to_rgba(bytes(5), Geometry(1, 1))
    assert refused.value.code == "WASM_FRAMEBUFFER_SIZE_MISMATCH"
