"""How pixels lie in memory, and what colours they are: the formats of ``/dev/fb`` (static/process/devices)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..contracts.errors import InvalidArgumentError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PIXEL_BYTES = {"rgba8888": 4, "bgra8888": 4, "rgb888": 3, "rgb565": 2, "gray8": 1, "indexed8": 1}
"""Bytes of one pixel: bytes in the order of the name; ``rgb565`` is a little-endian word with red in the upper bits."""
SIDE_MAX = 4096
"""Pixels of the longest side."""
PALETTE_ENTRIES = 256
_WHITE = 0xFFFFFF

Palette = Sequence[int] | bytes
"""Colours as numbers 0xRRGGBB, or as bytes of three (the 768 of a PLAYPAL lump) or four (with alpha) each."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """The shape of a picture: rows from the top, no padding between pixels or rows.

    ``palette`` holds the colours of ``indexed8``, four bytes each (RGBA), from index 0 on; without one they are greys.
    Raises `InvalidArgumentError` with ``WASM_FRAMEBUFFER_GEOMETRY_INVALID``.
    """

    width: int
    height: int
    format: str = "rgba8888"
    palette: bytes | None = None

    def __post_init__(self) -> None:
        if not (self.format in PIXEL_BYTES and 1 <= self.width <= SIDE_MAX and 1 <= self.height <= SIDE_MAX):
            raise InvalidArgumentError(
                f"{self.width} by {self.height} in {self.format!r} is no picture: give 1 to {SIDE_MAX} pixels a side, "
                f"and one of {', '.join(PIXEL_BYTES)}.",
                code="WASM_FRAMEBUFFER_GEOMETRY_INVALID",
            )

    @property
    def size(self) -> int:
        """Bytes of the whole picture."""
        return self.width * self.height * PIXEL_BYTES[self.format]


def palette_bytes(palette: Palette) -> bytes:
    """Return ``palette`` as four bytes a colour (RGBA).

    Raises `InvalidArgumentError` with ``WASM_PALETTE_INVALID`` for more than 256 colours, bytes that are neither
    triples nor, at 1024, quadruples, and numbers beyond 0xFFFFFF.
    """
    if isinstance(palette, bytes | bytearray | memoryview):
        raw = bytes(palette)
        if len(raw) == PALETTE_ENTRIES * 4:
            return raw
        if len(raw) % 3 == 0 and len(raw) <= PALETTE_ENTRIES * 3:
            return b"".join(raw[at : at + 3] + b"\xff" for at in range(0, len(raw), 3))
    elif len(palette) <= PALETTE_ENTRIES and all(0 <= colour <= _WHITE for colour in palette):
        return b"".join((colour << 8 | 0xFF).to_bytes(4, "big") for colour in palette)
    raise InvalidArgumentError(
        "This is no palette: give up to 256 numbers 0xRRGGBB, bytes RGB for each colour, or 1024 bytes RGBA.",
        code="WASM_PALETTE_INVALID",
    )


def check_picture(data: bytes, geometry: Geometry) -> None:
    """Raise `InvalidArgumentError` with ``WASM_FRAMEBUFFER_SIZE_MISMATCH`` where ``data`` is no such picture."""
    if len(data) != geometry.size:
        raise InvalidArgumentError(
            f"A picture of {geometry.width} by {geometry.height} in {geometry.format} has {geometry.size} bytes, not "
            f"{len(data)}.",
            code="WASM_FRAMEBUFFER_SIZE_MISMATCH",
        )


def grey_rows(size: int) -> Geometry:
    """Return the shape of ``size`` bytes that say nothing of their own: grey pixels in as few rows as a display takes.

    Raises `InvalidArgumentError` with ``WASM_FRAMEBUFFER_GEOMETRY_INVALID`` for a number that cannot be cut into rows.
    """
    for width in range(min(size, SIDE_MAX), 0, -1):
        if size % width == 0 and size // width <= SIDE_MAX:
            return Geometry(width, size // width, "gray8")
    raise InvalidArgumentError(
        f"{size} bytes make no rows of a picture by themselves: give width, height and format.",
        code="WASM_FRAMEBUFFER_GEOMETRY_INVALID",
    )


def to_rgba(data: bytes, geometry: Geometry) -> NDArray[np.uint8]:
    """Return the picture as an array of shape (height, width, 4): red, green, blue and alpha from 0 to 255.

    Raises as `check_picture` does.
    """
    import numpy as np  # noqa: PLC0415 - only who looks at pixels needs it

    check_picture(data, geometry)
    shape = (geometry.height, geometry.width)
    raw = np.frombuffer(data, np.uint8)
    match geometry.format:
        case "rgba8888":
            return raw.reshape(*shape, 4).copy()
        case "bgra8888":
            return raw.reshape(*shape, 4)[:, :, [2, 1, 0, 3]]
        case "rgb888":
            return _opaque(raw.reshape(*shape, 3))
        case "rgb565":
            return _opaque(_rgb_of_565(raw.view("<u2").reshape(shape)))
        case "gray8":
            return _opaque(np.repeat(raw.reshape(*shape, 1), 3, axis=2))
        case _:  # indexed8
            return _colours(geometry.palette)[raw].reshape(*shape, 4)


def _opaque(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import numpy as np  # noqa: PLC0415

    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


def _rgb_of_565(words: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Return eight bits a colour: the upper bits stand again in the lower ones, so that white is white."""
    import numpy as np  # noqa: PLC0415

    red, green, blue = words >> 11, words >> 5 & 63, words & 31
    return np.dstack([red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2]).astype(np.uint8)


def _colours(palette: bytes | None) -> NDArray[np.uint8]:
    """Return the 256 colours: greys, as a palette of the display begins, with those of ``palette`` in their places."""
    import numpy as np  # noqa: PLC0415

    table = np.repeat(np.arange(PALETTE_ENTRIES, dtype=np.uint8)[:, None], 4, axis=1)
    table[:, 3] = 255
    if palette is not None:
        given = np.frombuffer(palette, np.uint8).reshape(-1, 4)
        table[: len(given)] = given
    return table
