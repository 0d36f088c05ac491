"""The state of a context, saved whole and returned to."""

from __future__ import annotations

from ..contracts.engine import BytesLike
from ..contracts.errors import KernelError
from ..contracts.results import Result, direct
from .context_base import ContextBase
from .save_state import KNOWN_TAGS, Part, module_hash, pack, unpack

HOST_MEMORY_PART = "HMEM"
"""The context's own array, beside the state of an instance without a memory."""


class ContextState(ContextBase):
    """Everything that the module works on, in one container."""

    def try_save_state(self) -> Result[bytes]:
        """Return everything that the module works on, in the container of `aikernel_web.runtime.save_state`.

        Fails with ``WASM_CONTEXT_DISPOSED``, ``WASM_SAVE_STATE_FRAMES`` while the program stands in a call, and
        ``WASM_SAVE_STATE_UNSUPPORTED``.
        """
        return self._attempt(self._save_state)

    save_state = direct(try_save_state)

    def try_restore_state(self, state: BytesLike) -> Result[bool]:
        """Return to a saved state, or fail with nothing changed.

        The memory may have another size afterwards. Fails with ``WASM_CONTEXT_DISPOSED``,
        ``WASM_SAVE_STATE_REQUIRED``, ``WASM_SAVE_STATE_INVALID`` and the other codes of the container.
        """
        return self._attempt(lambda: self._restore_state(state))

    restore_state = direct(try_restore_state)

    def _save_state(self) -> bytes:
        parts: list[Part] = [(str(tag), str(text), list(blobs)) for tag, text, blobs in self.control("state.save")]
        if self._keeps_memory_itself():
            parts.append(self._guest.detached.memory_part(HOST_MEMORY_PART))
        return pack(self._module_hash(), parts)

    def _restore_state(self, state: BytesLike) -> bool:
        parts = unpack(state, self._module_hash(), known=KNOWN_TAGS | {HOST_MEMORY_PART})
        own = [part for part in parts if part[0] == HOST_MEMORY_PART]
        if len(own) != int(self._keeps_memory_itself()) or any(len(blobs) != 1 for _, _, blobs in own):
            message = "The state does not say what is in the memory of a context whose module has none."
            raise KernelError(message, code="WASM_SAVE_STATE_INVALID")
        self.control(
            "state.restore", [[tag, text, list(blobs)] for tag, text, blobs in parts if tag != HOST_MEMORY_PART]
        )
        for part in own:
            self._guest.detached.restore_memory(part)
        return True

    def _keeps_memory_itself(self) -> bool:
        """Whether the memory is the context's own array beside an instance without one."""
        return self._guest.module is not None and self._guest.memory is self._guest.detached

    def _module_hash(self) -> str:
        return module_hash(b"" if self._guest.module is None else self._guest.module.data)
