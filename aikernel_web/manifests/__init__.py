"""The manifests of the providers, as files of the package (reference contract, section 5).

Their contents are the reference's own, its names of assemblies and classes included. What is called ``capabilities``
are the ids of providers in the one and operations in the other.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..contracts.errors import KernelError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_SUFFIX = ".provider.json"


def provider_manifest_names() -> tuple[str, ...]:
    """Return the names of the manifests, sorted."""
    return tuple(sorted(_manifests()))


def provider_manifest(name: str) -> dict[str, Any]:
    """Return the manifest ``name``: ``wasm`` or ``webgpu``. The keys are the file's, in camelCase.

    Raises `KernelError` with ``PROVIDER_MANIFEST_NOT_FOUND`` for any other name.
    """
    found = _manifests()
    if name not in found:
        message = f"There is no manifest named {name!r}; there are: {', '.join(sorted(found))}."
        raise KernelError(message, code="PROVIDER_MANIFEST_NOT_FOUND")
    manifest: dict[str, Any] = json.loads(found[name].read_text(encoding="utf-8"))
    return manifest


def _manifests() -> dict[str, Traversable]:
    from importlib.resources import files  # noqa: PLC0415 - its import is slow, and a kernel boots without manifests

    entries = files(__name__).iterdir()
    return {entry.name.removesuffix(_SUFFIX): entry for entry in entries if entry.name.endswith(_SUFFIX)}
