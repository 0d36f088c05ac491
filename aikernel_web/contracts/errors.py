"""The errors of the kernel.

Every error carries a machine-readable ``code``; its message ends in ``ErrorCode=<CODE>``, the convention of the
reference contract (section 1.1), so that the code survives wherever only the text does.

    KernelError(RuntimeError)
    ├── DisposedError          the object was disposed
    ├── OperationCancelled     the operation was cancelled before it took effect
    ├── InvalidArgumentError   an argument has a value it cannot have; a ValueError too
    ├── NotSupportedError      this kind of object, browser or build has no such ability
    └── HostError              (aikernel_web.host) the browser, the site or the connection failed
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_CODE_TOKEN = re.compile(r"ErrorCode=([A-Z][A-Z0-9_]*)\s*$")


def error_code_of(message: str) -> str | None:
    """Return the code that ``message`` ends in, or None when it names none."""
    found = _CODE_TOKEN.search(message)
    return found.group(1) if found else None


def with_code(message: str, code: str) -> str:
    """Return ``message`` ending in ``ErrorCode=code``; a message that already names a code is left as it is."""
    return message if error_code_of(message) else f"{message} ErrorCode={code}"


class KernelError(RuntimeError):
    """An operation of the kernel failed; ``code`` says which way, the message why and what to do."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(with_code(message, code))
        self.code = code


class DisposedError(KernelError):
    """The object was disposed and takes no further calls."""


class OperationCancelled(KernelError):  # noqa: N818 - the reference contract's name (section 0)
    """The operation was cancelled before it took effect."""


class NotSupportedError(KernelError):
    """This kind of object, this browser or this build has no such ability."""


class InvalidArgumentError(KernelError, ValueError):
    """An argument has a value it cannot have; nothing was done."""


ERROR_CLASSES: Mapping[str, type[KernelError]] = MappingProxyType(
    {
        f"{kind.__module__}.{kind.__qualname__}": kind
        for kind in (KernelError, DisposedError, OperationCancelled, NotSupportedError, InvalidArgumentError)
    }
)
"""The classes of errors by the names that an `ErrorContext` keeps of them."""
