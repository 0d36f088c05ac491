"""What stops the work on one declaration."""

from __future__ import annotations

from .source import Span


class Fault(Exception):  # noqa: N818 - becomes a diagnostic, and never leaves the front end
    """Something is wrong at ``span``, so that there is no answer; whoever asked reports it once."""

    def __init__(self, span: Span, code: str, message: str) -> None:
        super().__init__(message)
        self.span, self.code, self.message = span, code, message


class Unanswered(Exception):  # noqa: N818 - as `Fault`
    """There is no answer because of something that was reported already."""
