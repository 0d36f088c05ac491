"""The save state provider: the whole state of a program, between two of its calls (reference contract, section 3.6)."""

from __future__ import annotations

from ..contracts.cancellation import CancellationToken, refuse_cancelled
from ..contracts.engine import BytesLike
from ..contracts.results import direct
from ..runtime.attempts import attempted
from .service import ServiceProvider


class WasmSaveStateProvider(ServiceProvider):
    """Saves a context or a process, and returns it, or another one of the same module, to what was saved.

    A state is whole: memories, globals, tables, files, open descriptors, what waits in queues, display, sound, the
    clock and the generator, in the container of `aikernel_web.runtime.save_state`. (The reference's holds a copy of
    linear memory, without a header.)
    """

    PROVIDER_ID = "wasm.savestate"
    NAME = "WASM Save State Provider"
    OPERATIONS = ("wasm.savestate.save", "wasm.savestate.load")
    DATA_TYPES = ("savestate",)

    @attempted
    async def try_save(self, *, cancellation: CancellationToken | None = None) -> bytes:
        """Return the state as it is now.

        Fails with ``WASM_SAVE_STATE_FRAMES`` while the program runs or waits in a call, and with
        ``WASM_SAVE_STATE_UNSUPPORTED`` for what cannot leave the browser: references to the host's objects, files that
        are kept elsewhere, a process that was not started to stay.
        """
        refuse_cancelled(cancellation)
        return await self.target.save_state()

    save = direct(try_save)

    @attempted
    async def try_restore(self, state: BytesLike, *, cancellation: CancellationToken | None = None) -> None:
        """Return to ``state``, or fail with nothing changed. The memory may have another size afterwards.

        Fails with ``WASM_SAVE_STATE_REQUIRED`` for no bytes, ``WASM_SAVE_STATE_INVALID`` for what is no state or one
        that cannot have been saved, ``WASM_SAVE_STATE_DAMAGED``, ``WASM_SAVE_STATE_FOREIGN`` for that of another module
        or of one with other archives mounted, ``WASM_SAVE_STATE_VERSION`` for a newer one, and with the codes of
        `try_save`.
        """
        refuse_cancelled(cancellation)
        await self.target.restore_state(state)

    restore = direct(try_restore)
