"""Values of which a text has ten thousands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def record(kind: type[T]) -> type[T]:
    """Make a class a data class that is frozen for type checkers alone.

    Frozen at run time as well, each would take three times as long to make, and a shader a fifth longer to read.
    """
    return dataclass(slots=True, unsafe_hash=True)(kind)
