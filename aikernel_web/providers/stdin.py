"""The standard input provider (reference contract, section 3.6)."""

from __future__ import annotations

from ..contracts.cancellation import CancellationToken, refuse_cancelled
from ..contracts.engine import BytesLike
from ..contracts.results import direct
from ..runtime.attempts import attempted
from .service import ServiceProvider


class WasmStdinProvider(ServiceProvider):
    """Feeds a program's standard input: lines, bytes, the end."""

    PROVIDER_ID = "wasm.stdin"
    NAME = "WASM Stdin Provider"
    OPERATIONS = ("wasm.stdin.write",)
    DATA_TYPES = ("stdin", "text")

    @attempted
    async def try_write_line(self, line: str, *, cancellation: CancellationToken | None = None) -> None:
        """Record ``line`` and feed it, with a line break after it, to the program; publishes ``StdinSent``."""
        refuse_cancelled(cancellation)
        await self.target.send_stdin(line)

    write_line = direct(try_write_line)

    @attempted
    async def try_write(self, data: BytesLike, *, cancellation: CancellationToken | None = None) -> None:
        """Feed bytes as they are, whatever lines they are of; no line is recorded and no event published."""
        refuse_cancelled(cancellation)
        await self.target.write_stdin(data)

    write = direct(try_write)

    @attempted
    async def try_close(self, *, cancellation: CancellationToken | None = None) -> None:
        """End standard input: past what was written, the program reads the end of the file. Again changes nothing."""
        refuse_cancelled(cancellation)
        await self.target.close_stdin()

    close = direct(try_close)
