"""How imports are named by whoever gives them."""

from __future__ import annotations


def import_name(key: str | tuple[str, str]) -> tuple[str, str]:
    """Return (module, name) of ``"module.name"``, split at the first dot, or of such a pair.

    Raises `ValueError` for anything else: a module whose own name has a dot is given as a pair.
    """
    if isinstance(key, str):
        module, dot, name = key.partition(".")
        if module and dot:
            return module, name
    else:
        match key:
            case (str(), str()):
                return key
    raise ValueError(f"{key!r} names no import: give 'module.name', or the pair ('module', 'name').")
