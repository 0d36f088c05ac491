"""``MonadicDecision``: small decisions as values (reference contract, section 1.7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .either import Either
from .option import Option

T = TypeVar("T")
L = TypeVar("L")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class MonadicError:
    """What `MonadicDecision.error_unless` objects to."""

    code: str
    message: str


class MonadicDecision:
    """Turns conditions, absent references and blank texts into `Option` and `Either`."""

    @staticmethod
    def optional(reference: T | None) -> Option[T]:
        """Return none for None, otherwise some."""
        return Option.none() if reference is None else Option.some(reference)

    @staticmethod
    def optional_text(text: str | None) -> Option[str]:
        """Return none for None, an empty text or white space only."""
        return Option.none() if text is None or not text.strip() else Option.some(text)

    @staticmethod
    def text_or_default(text: str | None, fallback: str, projector: Callable[[str], str] | None = None) -> str:
        """Return ``fallback`` for a blank text, otherwise the text untrimmed, through ``projector`` where given."""
        return MonadicDecision.optional_text(text).map(projector or _same).or_else(fallback)

    @staticmethod
    def error_unless(condition: bool, code: str, message: str) -> Option[MonadicError]:
        """Return none where ``condition`` holds, otherwise the error."""
        return Option.none() if condition else Option.some(MonadicError(code, message))

    @staticmethod
    def right_when(condition: bool, left: L, right: R) -> Either[L, R]:
        """Return ``right`` as a right value where ``condition`` holds, otherwise ``left`` as a left one."""
        return Either.from_right(right) if condition else Either.from_left(left)

    @staticmethod
    def select_text(condition: bool, left: str, right: str) -> str:
        """Return ``right`` where ``condition`` holds, otherwise ``left``."""
        return right if condition else left

    @staticmethod
    def exit_code(succeeded: bool) -> int:
        """Return 0 for success, otherwise 1."""
        return 0 if succeeded else 1


def _same(text: str) -> str:
    return text
