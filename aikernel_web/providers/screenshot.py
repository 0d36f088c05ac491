"""The screenshot provider: what a program shows, as bytes, as an array and as a PNG (reference contract, 3.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..contracts.cancellation import CancellationToken, refuse_cancelled
from ..contracts.engine import BytesLike
from ..contracts.errors import InvalidArgumentError, KernelError
from ..contracts.results import direct
from ..runtime.attempts import attempted
from ..runtime.buffers import to_bytes
from ..runtime.pixels import Geometry, Palette, check_picture, grey_rows, palette_bytes, to_rgba
from ..runtime.png import encode_png
from ..runtime.targets import Targetable
from .service import ServiceProvider

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_OPAQUE = 255


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels, and how they lie."""

    geometry: Geometry
    data: bytes


class WasmScreenshotProvider(ServiceProvider):
    """Captures the picture of a target: what its program last showed on ``/dev/fb``, or draws in linear memory.

    Of a program that has ended it is the last picture that it showed.
    """

    PROVIDER_ID = "wasm.screenshot"
    NAME = "WASM Screenshot Provider"
    OPERATIONS = ("wasm.screenshot.capture",)
    DATA_TYPES = ("image",)

    def __init__(self, target: Targetable = None) -> None:
        super().__init__(target)
        self._region: tuple[int, Geometry] | None = None
        self._given: tuple[int, Picture] | None = None
        """A picture with a palette of its own, which the display does not keep, and its number there."""

    @attempted
    async def try_capture(self, *, cancellation: CancellationToken | None = None) -> bytes:
        """Return the bytes of the picture, in the format that `try_geometry` tells; empty where there is none yet."""
        refuse_cancelled(cancellation)
        picture = await self._picture()
        return b"" if picture is None else picture.data

    capture = direct(try_capture)

    @attempted
    async def try_geometry(self) -> Geometry | None:
        """Return size, pixel format and palette of the picture, or None where there is none yet."""
        picture = await self._picture()
        return None if picture is None else picture.geometry

    geometry = direct(try_geometry)

    @attempted
    async def try_set_framebuffer(
        self,
        data: BytesLike,
        width: int | None = None,
        height: int | None = None,
        *,
        format: str = "rgba8888",  # noqa: A002 - the device's word
        palette: Palette | None = None,
        cancellation: CancellationToken | None = None,
    ) -> None:
        """Show a picture, as if the program had drawn it; a region that was attached is let go.

        Without a size it takes the geometry of the picture before where its bytes fit that, and is rows of grey
        otherwise. ``palette`` holds the colours of ``indexed8``. Fails with ``WASM_FRAMEBUFFER_GEOMETRY_INVALID``,
        ``WASM_FRAMEBUFFER_SIZE_MISMATCH``, ``WASM_PALETTE_INVALID``.
        """
        refuse_cancelled(cancellation)
        raw = to_bytes(data)
        if width is None and height is None:
            geometry = await self._geometry_for(len(raw))
        else:
            geometry = _geometry(width or 0, height or 0, format, palette)
        check_picture(raw, geometry)
        shown, shown_format = raw, geometry.format
        if geometry.palette is not None:
            shown, shown_format = to_rgba(raw, geometry).tobytes(), "rgba8888"
        await self.target.control("display.set", shown, geometry.width, geometry.height, shown_format)
        self._region = self._given = None
        if geometry.palette is not None:
            self._given = (await self.target.control("display.get"))["sequence"], Picture(geometry, raw)

    set_framebuffer = direct(try_set_framebuffer)

    @attempted
    async def try_attach(
        self,
        offset: int,
        width: int,
        *,
        height: int,
        format: str = "rgba8888",  # noqa: A002 - the device's word
        palette: Palette | None = None,
    ) -> None:
        """From now on capture what lies in linear memory from ``offset`` on, for programs that draw there.

        Fails with ``WASM_FRAMEBUFFER_GEOMETRY_INVALID``, ``WASM_PALETTE_INVALID``; captures fail with
        ``WASM_MEMORY_RANGE_INVALID`` where the picture is not within the memory.
        """
        self._region = offset, _geometry(width, height, format, palette)

    attach = direct(try_attach)

    @attempted
    async def try_detach(self) -> None:
        """Capture what is shown on ``/dev/fb`` again."""
        self._region = None

    detach = direct(try_detach)

    @attempted
    async def try_rgba(self, *, cancellation: CancellationToken | None = None) -> NDArray[np.uint8]:
        """Return the picture as an array of shape (height, width, 4): red, green, blue, alpha.

        Fails with ``WASM_FRAMEBUFFER_EMPTY`` where there is no picture yet.
        """
        refuse_cancelled(cancellation)
        picture = await self._picture()
        if picture is None:
            message = "There is no picture yet: the program has shown none. If it draws in memory, attach the place."
            raise KernelError(message, code="WASM_FRAMEBUFFER_EMPTY")
        return to_rgba(picture.data, picture.geometry)

    rgba = direct(try_rgba)

    @attempted
    async def try_png(self, *, cancellation: CancellationToken | None = None) -> bytes:
        """Return the picture as a PNG file, without the alpha where all is opaque; fails as `try_rgba` does."""
        pixels = await self.rgba(cancellation=cancellation)
        return encode_png(pixels[:, :, :3] if (pixels[:, :, 3] == _OPAQUE).all() else pixels)

    png = direct(try_png)

    async def _picture(self) -> Picture | None:
        if self._region is not None:
            offset, geometry = self._region
            return Picture(geometry, await self.target.read_memory(offset, geometry.size))
        try:
            now = await self.target.control("display.get")
        except KernelError as error:
            if error.code != "WASM_PROCESS_ENDED":
                raise
            last = await self.target.frame()
            return None if last is None else Picture(Geometry(last.width, last.height, last.format), last.data)
        if now is None:
            return None
        if self._given is not None and self._given[0] == now["sequence"]:
            return self._given[1]
        return Picture(Geometry(now["width"], now["height"], now["format"]), bytes(now["bytes"]))

    async def _geometry_for(self, size: int) -> Geometry:
        now = await self._picture()
        return now.geometry if now is not None and now.geometry.size == size else grey_rows(size)


def _geometry(width: int, height: int, format: str, palette: Palette | None) -> Geometry:  # noqa: A002
    if palette is None:
        return Geometry(width, height, format)
    if format != "indexed8":
        raise InvalidArgumentError(f"Pixels in {format!r} have no palette.", code="WASM_PALETTE_INVALID")
    return Geometry(width, height, format, palette_bytes(palette))
