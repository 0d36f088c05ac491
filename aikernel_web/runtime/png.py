"""PNG files of pictures.

Source: Portable Network Graphics, third edition (W3C, 2025): signature and chunks (5.2, 5.3), IHDR (11.2.1), filters
(9), zlib (10.1).
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
"""The colour type (11.2.1) by the bytes of a pixel: greyscale, truecolour, truecolour with alpha."""

_BAND_BYTES = 1 << 20


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a PNG file of ``pixels``: rows from the top, of shape (h, w), (h, w, 3) for RGB or (h, w, 4) for RGBA.

    Each row has the filter whose sum of absolute differences is least (12.7); the same pixels give the same bytes.
    """
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1  # noqa: PLR2004 - rows, columns, channels
    rows = pixels.reshape(height, width * channels)
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", zlib.compress(_filtered(rows, channels), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _filtered(rows: NDArray[np.uint8], channels: int) -> bytes:
    """Return the rows, each after the number of its filter (9.2); a band of rows at a time, for the memory's sake."""
    import numpy as np  # noqa: PLC0415 - only who makes pictures needs it

    above = np.zeros_like(rows[:1])
    bands = []
    height = max(1, _BAND_BYTES // rows.shape[1])
    for first in range(0, len(rows), height):
        band = rows[first : first + height]
        bands.append(_filtered_band(band, above, channels))
        above = band[-1:]
    return b"".join(bands)


def _filtered_band(rows: NDArray[np.uint8], above: NDArray[np.uint8], channels: int) -> bytes:
    import numpy as np  # noqa: PLC0415

    x = rows.astype(np.int16)
    b = np.concatenate([above.astype(np.int16), x[:-1]])
    a, c = np.zeros_like(x), np.zeros_like(x)
    a[:, channels:] = x[:, :-channels]
    c[:, channels:] = b[:, :-channels]
    candidates = np.stack([x, x - a, x - b, x - (a + b) // 2, x - _paeth(a, b, c)]).astype(np.uint8)
    costs = np.abs(candidates.view(np.int8).astype(np.int32)).sum(axis=2)
    best = costs.argmin(axis=0)
    chosen = candidates[best, np.arange(len(rows))]
    return np.concatenate([best.astype(np.uint8)[:, None], chosen], axis=1).tobytes()


def _paeth(a: Any, b: Any, c: Any) -> Any:
    """Return whichever of left, above and upper left is nearest to a + b - c (9.4)."""
    import numpy as np  # noqa: PLC0415

    estimate = a + b - c
    from_a, from_b, from_c = np.abs(estimate - a), np.abs(estimate - b), np.abs(estimate - c)
    return np.where((from_a <= from_b) & (from_a <= from_c), a, np.where(from_b <= from_c, b, c))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
