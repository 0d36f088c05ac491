"""Tokens of WGSL (sections 3.3 to 3.9), with the angle brackets of template lists told from comparisons."""

from __future__ import annotations

import math
import re
import struct
from enum import Enum
from typing import Final

from .record import record
from .source import Report, Source, Span
from .words import KEYWORDS, RESERVED


class Kind(Enum):
    """What a token is."""

    NAME = "a name"
    KEYWORD = "a keyword"
    INT = "an integer"
    FLOAT = "a number"
    SYMBOL = "a symbol"
    TEMPLATE_START = "'<'"
    TEMPLATE_END = "'>'"
    END = "the end of the text"


@record
class Token:
    """One token. ``suffix`` is that of a number: "", "i", "u", "f" or "h"; ``value`` what a number stands for."""

    kind: Kind
    text: str
    start: int
    end: int
    value: int | float = 0
    suffix: str = ""

    @property
    def span(self) -> Span:
        """Where it stands."""
        return Span(self.start, self.end)


_NAME, _KEYWORD, _SYMBOL = Kind.NAME, Kind.KEYWORD, Kind.SYMBOL
"""To ask an enumeration for a member takes longer than what is done with it here."""


_BLANK: Final = "[ \t\n\v\f\r\x85\u200e\u200f\u2028\u2029]+"
_NUMBERS: Final = (
    # The first wins, and is the longest: floats are tried before integers, hexadecimal before decimal.
    r"(?P<hex_float>0[xX](?:[0-9a-fA-F]*\.[0-9a-fA-F]+|[0-9a-fA-F]+\.[0-9a-fA-F]*)(?:[pP][+-]?[0-9]+[fh]?)?"
    r"|0[xX][0-9a-fA-F]+[pP][+-]?[0-9]+[fh]?)",
    r"(?P<hex_int>0[xX][0-9a-fA-F]+[iu]?)",
    r"(?P<float>(?:[0-9]*\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][+-]?[0-9]+)?[fh]?"
    r"|[0-9]+[eE][+-]?[0-9]+[fh]?|(?:0|[1-9][0-9]*)[fh])",
    r"(?P<int>(?:0|[1-9][0-9]*)[iu]?)",
)
_NUMBER: Final = re.compile("|".join(_NUMBERS))
_COMMENT_EDGE: Final = re.compile(r"/\*|\*/")
_PIECE: Final = re.compile(
    rf"(?:{_BLANK}|//[^\n\v\f\r\x85\u2028\u2029]*)*(?:(?P<comment>/\*)|(?P<word>[^\W\d]\w*)"
    r"|(?P<number>\.?[0-9])|(?P<symbol>[&@/!\[\](){}:,=.<>%\-+|;*~^])|(?P<other>.)|\Z)",
    re.DOTALL,
)
_SINGLE: Final = frozenset("@[](){}:,.;~")
"""Symbols that are no part of longer ones."""
_BRACKETING: Final = frozenset("<>()[]{}=;:&|")
"""Those that say something of template lists."""
_WORD_OR_DIGITS: Final = re.compile(r"[^\W\d]\w*|\d+")
_SYMBOLS: Final = (
    "<<=", ">>=", "->", "&&", "||", "==", "!=", "<=", ">=", "<<", ">>", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=",
    "|=", "^=", *"&@/![](){}:,=.<>%-+|;*~^",
)  # fmt: skip

_HINTS: Final = (
    ("?", ": 'select(b, a, condition)' is 'condition ? a : b'"),
    ("#", ": it has no preprocessor"),
    ("\"'`\u201c\u201d\u2018\u2019", ": it has no texts"),
    ("\u00d7", ": '*' multiplies"),
    ("\u00f7", ": '/' divides"),
)
"""What to write in place of characters that others use."""
_I32_MAX, _U32_MAX, _I64_MAX = 2**31 - 1, 2**32 - 1, 2**63 - 1
_NAMES: Final = {"f": "f32", "h": "f16", "": "an abstract float"}
_F16_MAX, _F32_MAX = 65504.0, float.fromhex("0x1.fffffep127")
_DIGITS_MAX = 400
"""Digits of a number: more than any that is written by hand or machine has, and few enough to be read at once."""


def tokenize(source: Source, report: Report) -> list[Token]:
    """Return the tokens of a text, an END last. What is no token is reported and left out."""
    pieces = _pieces(source.text, report)
    starts, ends = _template_brackets(source.text, pieces)
    tokens: list[Token] = []
    at = 0
    while at < len(pieces):
        token = pieces[at]
        if token.kind is _SYMBOL and token.text not in _SINGLE:
            token, used = _joined(pieces, at, starts, ends)
            at += used
        else:
            at += 1
        tokens.append(token)
    end = len(source.text)
    tokens.append(Token(Kind.END, "", end, end))
    return tokens


def _no_place(character: str) -> str:
    hint = next((hint for characters, hint in _HINTS if character in characters), "")
    return f"{character!r} has no place in WGSL{hint}"


def _pieces(text: str, report: Report) -> list[Token]:
    """Return tokens with every symbol one character long: what belongs together is not known yet."""
    pieces: list[Token] = []
    at = 0
    wrong: int | None = None
    is_ascii = text.isascii()
    while (found := _PIECE.match(text, at)) and (kind := found.lastgroup):
        at = found.start(kind)
        if kind == "symbol":
            pieces.append(Token(_SYMBOL, text[at], at, at + 1))
            at += 1
        elif kind == "word":
            end = found.end() if is_ascii else _word_end(text, found.end())
            pieces.append(_word(text[at:end], at, report))
            at = end
        elif kind == "number":
            pieces.append(_number(text, at, report))
            at = pieces[-1].end
        elif kind == "comment":
            at = _after_comment(text, at, report)
        else:
            if wrong is None or "\n" in text[wrong:at]:  # once a line is enough
                report.add(Span(at, at + 1), "WGSL_CHARACTER_INVALID", _no_place(text[at]))
            wrong = at
            at += 1
    return pieces


def _after_comment(text: str, at: int, report: Report) -> int:
    """Return the offset after a block comment, in which others may be."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, at):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    report.add(Span(at, at + 2), "WGSL_COMMENT_OPEN", "this comment is never closed")
    return len(text)


def _word_end(text: str, end: int) -> int:
    """Return where a word ends that goes on to ``end`` at least: marks that combine belong to names (UAX #31)."""
    while end < len(text) and not text[end].isascii() and f"a{text[end]}".isidentifier():
        end += 1
    return end


def _word(text: str, at: int, report: Report) -> Token:
    if text in KEYWORDS:
        return Token(_KEYWORD, text, at, at + len(text))
    token = Token(_SYMBOL if text == "_" else _NAME, text, at, at + len(text))
    if text in RESERVED:
        message = f"{text!r} is reserved for later versions of WGSL: take another name"
        report.add(token.span, "WGSL_WORD_RESERVED", message)
    elif text.startswith("__"):
        report.add(token.span, "WGSL_NAME_INVALID", f"{text!r} begins with two underscores, which no name may")
    elif not text.isidentifier():
        report.add(token.span, "WGSL_NAME_INVALID", f"{text!r} is no name")
    return token


def _number(text: str, at: int, report: Report) -> Token:
    found = _NUMBER.match(text, at)
    if found is None:
        word = re.compile(r"\w+").match(text, at)
        span = Span(at, word.end() if word else at + 1)
        report.add(span, "WGSL_NUMBER_INVALID", f"{text[span.start : span.end]!r} is no number")
        return Token(Kind.INT, text[span.start : span.end], span.start, span.end)
    end = found.end()
    digits, kind = found.group(), found.lastgroup or ""
    rest = _WORD_OR_DIGITS.match(text, end)
    if rest:
        report.add(Span(at, rest.end()), "WGSL_NUMBER_INVALID", f"{text[at : rest.end()]!r} is no number")
        return Token(Kind.INT, digits, at, rest.end())
    if len(digits) > _DIGITS_MAX:
        report.add(Span(at, end), "WGSL_NUMBER_INVALID", f"a number has at most {_DIGITS_MAX} characters")
        return Token(Kind.INT, digits, at, end)
    return _int(digits, at, report) if kind.endswith("int") else _float(digits, kind, at, report)


def _int(digits: str, at: int, report: Report) -> Token:
    suffix = digits[-1] if digits[-1] in "iu" else ""
    value = int(digits.removesuffix(suffix) if suffix else digits, 0)
    limit, name = {"i": (_I32_MAX, "i32"), "u": (_U32_MAX, "u32"), "": (_I64_MAX, "an abstract integer")}[suffix]
    # -2147483648i is a negated literal; WGSL has no other way to write it and refuses it too (section 3.5.2).
    if value > limit:
        report.add(Span(at, at + len(digits)), "WGSL_NUMBER_RANGE", f"{digits} is too large for {name}")
        value = 0
    return Token(Kind.INT, digits, at, at + len(digits), value, suffix)


def _float(digits: str, kind: str, at: int, report: Report) -> Token:
    span = Span(at, at + len(digits))
    hexadecimal = kind == "hex_float"
    suffix = digits[-1] if digits[-1] in ("fh" if not hexadecimal or "p" in digits.lower() else "") else ""
    bare = digits.removesuffix(suffix) if suffix else digits
    try:
        value = float.fromhex(bare) if hexadecimal else float(bare)
    except OverflowError:
        value = math.inf
    if hexadecimal and suffix and not _is_exact(value, suffix):
        report.add(span, "WGSL_NUMBER_RANGE", f"{digits} has more digits than {_NAMES[suffix]} can hold")
    limit = {"f": _F32_MAX, "h": _F16_MAX}.get(suffix, math.inf)
    if math.isinf(value) or value > limit:
        report.add(span, "WGSL_NUMBER_RANGE", f"{digits} is too large for {_NAMES[suffix]}")
        value = 0.0
    return Token(Kind.FLOAT, digits, span.start, span.end, value, suffix)


def _is_exact(value: float, suffix: str) -> bool:
    """Whether a hexadecimal number is one of its type: it is not rounded (section 3.5.2)."""
    form = {"f": "<f", "h": "<e"}[suffix]
    try:
        return bool(struct.unpack(form, struct.pack(form, value))[0] == value)
    except OverflowError:
        return True  # too large, which is another fault


def _template_brackets(text: str, pieces: list[Token]) -> tuple[set[int], set[int]]:  # noqa: PLR0912 - the standard's steps
    """Return the offsets of the ``<`` and ``>`` of template lists: the steps of section 3.9."""
    starts: set[int] = set()
    ends: set[int] = set()
    pending: list[tuple[int, int]] = []  # offset of the "<", depth of brackets
    depth = 0
    for at, piece in enumerate(pieces):
        if piece.text not in _BRACKETING or piece.kind is not _SYMBOL:
            continue
        offset = piece.start
        before, after = text[offset - 1 : offset], text[offset + 1 : offset + 2]
        match piece.text:
            case "<":
                follows_name = at > 0 and (pieces[at - 1].kind is _NAME or pieces[at - 1].text == "var")
                # "<<" and "<=" are operators, "<" behind one of them is its second half.
                if follows_name and after not in {"<", "="}:
                    pending.append((offset, depth))
            case ">":
                if pending and pending[-1][1] == depth:
                    starts.add(pending.pop()[0])
                    ends.add(offset)
            case "(" | "[":
                depth += 1
            case ")" | "]":
                while pending and pending[-1][1] >= depth:
                    pending.pop()
                depth = max(0, depth - 1)
            case "=" if before not in {"!", "=", "<", ">"} or (before == ">" and offset - 1 in ends):
                # An assignment, which no template list holds; "==", "!=", "<=" and ">=" may stand in one.
                if after != "=":
                    depth = 0
                    pending.clear()
            case ";" | "{" | ":":
                depth = 0
                pending.clear()
            case "&" | "|" if after == piece.text:
                while pending and pending[-1][1] >= depth:
                    pending.pop()
    return starts, ends


def _joined(pieces: list[Token], at: int, starts: set[int], ends: set[int]) -> tuple[Token, int]:
    """Return the longest symbol that the pieces from ``at`` make, and of how many it is made."""
    piece = pieces[at]
    start = piece.start
    if start in starts:
        return Token(Kind.TEMPLATE_START, "<", start, start + 1), 1
    if start in ends:
        return Token(Kind.TEMPLATE_END, ">", start, start + 1), 1
    text = ""
    for following in pieces[at : at + 3]:
        offset = following.start
        apart = offset != start + len(text)
        if following.kind is not _SYMBOL or apart or offset in starts or offset in ends:
            break
        text += following.text
    symbol = next(symbol for symbol in (text[:3], text[:2], text[:1]) if symbol in _SYMBOLS or len(symbol) == 1)
    return piece if len(symbol) == 1 else Token(_SYMBOL, symbol, start, start + len(symbol)), len(symbol)
