"""What a module imports and exports, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias

ModuleItemKind: TypeAlias = Literal["function", "memory", "table", "global", "tag"]


@dataclass(frozen=True, slots=True)
class ModuleItem:
    """Something that a module exports, or imports from ``module``.

    Types are named as in the text format (``i32``, ``f64`` ...), ``ref`` stands for references of all kinds. Functions
    and tags have ``params`` and ``results``; a global its ``type`` and whether it is ``mutable``; a table the type of
    its elements, ``initial`` and ``maximum`` elements; a memory ``initial`` and ``maximum`` pages of 64 KiB and whether
    it is ``shared``. What a kind does not have is None, and a ``maximum`` where there is none.
    """

    name: str
    kind: ModuleItemKind
    params: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    module: str | None = None
    type: str | None = None
    mutable: bool | None = None
    initial: int | None = None
    maximum: int | None = None
    shared: bool | None = None

    def __repr__(self) -> str:
        own = ((item.name, getattr(self, item.name)) for item in fields(self))
        return f"ModuleItem({', '.join(f'{name}={value!r}' for name, value in own if value not in (None, ()))})"

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> ModuleItem:
        """Return one of what the operations ``module.exports`` and ``module.imports`` have answered."""
        return cls(
            name=answer["name"],
            kind=answer["kind"],
            params=tuple(answer["params"]),
            results=tuple(answer["results"]),
            module=answer.get("module"),
            type=answer.get("type", answer.get("element")),
            mutable=answer.get("mutable"),
            initial=answer.get("initial"),
            maximum=answer.get("maximum"),
            shared=answer.get("shared"),
        )
