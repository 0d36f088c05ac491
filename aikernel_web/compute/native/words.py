"""Command lists taken apart: words to commands (contracts/gpu.py)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from ...contracts.errors import InvalidArgumentError
from ...contracts.gpu import BUFFER, COPY, DATA, DISPATCH, FREE, READ

Command: TypeAlias = tuple[int, tuple[int, ...], bytes]
"""The operation, its operands, and the contents of `DATA`. Sizes and offsets are in words, as they were."""

_OPERANDS = {BUFFER: 2, DATA: 2, DISPATCH: 5, COPY: 5, READ: 3, FREE: 1}
_HANDLES = 4
"""Where among the operands of `DISPATCH` the number of its handles stands."""


def commands(words: Sequence[int]) -> Iterator[Command]:
    """Yield the commands of a list; raises `InvalidArgumentError` with ``WEBGPU_VALIDATION``."""
    at, end = 0, len(words)
    while at < end:
        operation = words[at]
        count = _OPERANDS.get(operation)
        if count is None:
            raise _invalid(f"the word {at} is {operation}, and no operation")
        first, at = at + 1, at + 1 + count
        contents = b""
        if at <= end and operation == DISPATCH:
            at += words[first + _HANDLES]
        elif at <= end and operation == DATA:
            size = words[first + 1]
            contents = array("I", words[at : at + size]).tobytes()
            at += size
            if at <= end:
                yield operation, tuple(words[first : first + count]), contents
                continue
        if at > end:
            raise _invalid(f"it ends within the operation {operation} that begins at word {first - 1}")
        yield operation, tuple(words[first:at]), contents


def _invalid(why: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"This is no command list: {why}.", code="WEBGPU_VALIDATION")
