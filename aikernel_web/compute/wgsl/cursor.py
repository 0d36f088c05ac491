"""Going through tokens from front to back."""

from __future__ import annotations

from typing import NoReturn

from .lexer import Kind, Token
from .source import Report, Span

_SYMBOL, _KEYWORD, _END = Kind.SYMBOL, Kind.KEYWORD, Kind.END


class SyntaxAbort(Exception):  # noqa: N818 - never leaves the parser
    """The parser does not know what this is; what was wrong has been reported."""


class Cursor:
    """A place among tokens."""

    def __init__(self, tokens: list[Token], report: Report) -> None:
        self._tokens = tokens
        self.report = report
        self.at = 0
        self.unclosed = 0
        """Blocks that were reported to have no end: the brackets that close them may still come."""

    @property
    def at(self) -> int:
        """The number of the next token."""
        return self._at

    @at.setter
    def at(self, at: int) -> None:
        self._at = at
        self.token = token = self._tokens[at]
        self.word = token.text if token.kind is _SYMBOL or token.kind is _KEYWORD else ""
        """The text of the next token, where it is a symbol or a keyword."""

    @property
    def following(self) -> Token:
        """The token after the next."""
        return self.peek(1)

    @property
    def last(self) -> Span:
        """Where the token before the next one stands."""
        return self._tokens[max(0, self._at - 1)].span

    @property
    def end(self) -> int:
        """Where the token before the next one ends."""
        return self._tokens[max(0, self._at - 1)].end

    def peek(self, distance: int) -> Token:
        """Return the token that stands ``distance`` behind the next."""
        return self._tokens[min(self._at + distance, len(self._tokens) - 1)]

    def advance(self) -> Token:
        """Take the next token; the end of the text stays."""
        token = self.token
        if token.kind is not _END:
            self.at = self._at + 1
        return token

    def sees(self, *texts: str) -> bool:
        """Whether the next token is one of these symbols or keywords."""
        return self.word in texts

    def sees_kind(self, kind: Kind) -> bool:
        """Whether the next token is of this kind."""
        return self.token.kind is kind

    def takes(self, text: str) -> bool:
        """Take the next token if it is this symbol or keyword."""
        if self.word != text:
            return False
        self.advance()
        return True

    def part_steps(self) -> None:
        """Make two tokens ``-`` of one ``--``: within expressions it is no step."""
        if self.word == "--":
            start, end = self.token.start, self.token.end
            parts = [Token(_SYMBOL, "-", start, end - 1), Token(_SYMBOL, "-", end - 1, end)]
            self._tokens[self._at : self._at + 1] = parts
            self.at = self._at

    def expect(self, text: str, where: str) -> Token:
        """Take this symbol or keyword, which must come here."""
        if self.word != text:
            # What ends a statement is missing where it ends; browsers name the line on which the next one begins.
            ended = self.report.ended_before(self.last, self.token.span) if text == ";" else None
            self.fail(f"{text!r} is missing {where}{f', at the end of line {ended}' if ended else ''}")
        return self.advance()

    def name(self, what: str) -> Token:
        """Take a name."""
        if self.token.kind is not Kind.NAME:
            self.fail(f"the name of {what} is missing")
        return self.advance()

    def fail(self, message: str, *, code: str = "WGSL_SYNTAX") -> NoReturn:
        """Report what is wrong with the next token, and give up."""
        self.refuse(self.token, message, code=code)

    def refuse(self, token: Token, message: str, *, code: str = "WGSL_SYNTAX") -> NoReturn:
        """Report what is wrong with a token, and give up."""
        found = "the text ends here" if token.kind is Kind.END else f"found {token.text!r}"
        self.report.add(token.span, code, f"{message}: {found}")
        raise SyntaxAbort

    def since(self, start: Span) -> Span:
        """Return the part of the text from ``start`` to what was taken last."""
        end = self.end
        return start if start.end == end else Span(start.start, end)
