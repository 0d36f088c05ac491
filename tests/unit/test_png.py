"""PNG files, read by Pillow."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from aikernel_web.runtime import png
from aikernel_web.runtime.png import encode_png

MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def decoded(data: bytes) -> tuple[str, np.ndarray]:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image.mode, np.asarray(image)


def picture(height: int, width: int, channels: int, seed: int) -> np.ndarray:
    """Noise over a gradient, so that rows differ in what filter fits them."""
    random = np.random.default_rng(seed)
    shape = (height, width) if channels == 1 else (height, width, channels)
    gradient = np.add.outer(np.arange(height) * seed, np.arange(width))
    if channels > 1:
        gradient = gradient[:, :, None] + np.arange(channels)
    return (gradient + random.integers(0, 1 + seed % 60, shape)).astype(np.uint8)


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3, 4]), st.integers(0, 1000))
def test_a_picture_is_read_back_as_it_was(height: int, width: int, channels: int, seed: int) -> None:
    pixels = picture(height, width, channels, seed)
    mode, read = decoded(encode_png(pixels))
    assert mode == MODES[channels]
    assert np.array_equal(read, pixels)


@pytest.mark.parametrize("band", [1, 100, 1000])
def test_bands_are_seamless(monkeypatch: pytest.MonkeyPatch, band: int) -> None:
    pixels = picture(37, 11, 3, 5)
    whole = encode_png(pixels)
    monkeypatch.setattr(png, "_BAND_BYTES", band)
    assert encode_png(pixels) == whole


def test_rows_are_filtered_by_what_fits_them() -> None:
    smooth = picture(64, 64, 3, 3)
    assert len(encode_png(smooth)) < len(encode_png(np.random.default_rng(1).integers(0, 256, smooth.shape, np.uint8)))
    gradient = np.add.outer(np.arange(256) * 3, np.arange(256) * 7).astype(np.uint8)
    assert len(encode_png(gradient)) < 2000
