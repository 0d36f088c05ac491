"""JavaScript for the page, as an embedder writes it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel


def in_page(kernel: HostKernel, body: str, *, module: bytes = b"", **given: Any) -> Any:
    """Run ``body`` in the page, where ``kernel``, the module's ``bytes``, ``text``, ``codeOf`` and ``given`` are."""
    script = f"""async ({{ module, given }}) => {{
      const kernel = await globalThis.aikernel.kernel;
      const bytes = Uint8Array.from(atob(module), (char) => char.charCodeAt(0));
      const text = (data) => new TextDecoder().decode(data);
      const codeOf = (promise) => promise.then(() => "none", (error) => error.code);
      {body}
    }}"""
    return kernel.page.evaluate(script, {"module": base64.b64encode(module).decode(), "given": given})
