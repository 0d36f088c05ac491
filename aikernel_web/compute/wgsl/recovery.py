"""Where to go on after a mistake, so that the next one can be told as well and none is told that is not there."""

from __future__ import annotations

from .cursor import Cursor
from .lexer import Kind, Token

_ONLY_OF_MODULES = frozenset(("fn", "struct", "override", "alias", "enable", "requires"))
"""Keywords that stand in no function."""
_DECLARATIONS = _ONLY_OF_MODULES | {"const", "const_assert", "var", "@"}
_OPENING, _CLOSING = frozenset("(["), frozenset(")]")


def begins_declaration(cursor: Cursor) -> bool:
    """Whether a function, or another declaration of the module, begins here, with its attributes before it."""
    if cursor.word != "@":
        return cursor.word in _ONLY_OF_MODULES
    distance = 0
    while cursor.peek(distance).text == "@" and cursor.peek(distance).kind is Kind.SYMBOL:
        distance += 2
        if cursor.peek(distance).text == "(":
            distance = _behind_brackets(cursor, distance)
    token = cursor.peek(distance)
    return token.kind is Kind.KEYWORD and token.text in _ONLY_OF_MODULES


def leave_statement(cursor: Cursor, start: int) -> None:
    """Go to the end of the statement that began at token ``start``, in which something was wrong.

    That is behind its semicolon or its block, or before the bracket that closes the block it stands in. Its brackets
    are counted from its beginning, since the mistake may be within them.
    """
    wrong, cursor.at = cursor.at, start
    in_head = cursor.sees("for")
    round_depth = braces = 0
    while not cursor.sees_kind(Kind.END) and not (braces <= 0 and _begins_module_part(cursor.token)):
        token = cursor.token
        if token.kind is Kind.SYMBOL:
            if token.text in _OPENING:
                round_depth += 1
            elif token.text in _CLOSING:
                round_depth = max(0, round_depth - 1)
                in_head = in_head and round_depth > 0
            elif token.text == "{":
                braces += 1
                in_head = False
            elif token.text == "}":
                if braces == 0:
                    return
                braces -= 1
            if cursor.at >= wrong and braces == 0 and not in_head and token.text in (";", "}"):
                cursor.advance()
                if not cursor.sees("else"):
                    return
                continue
        cursor.advance()
    # What lies before the mistake was read once already.
    cursor.at = max(cursor.at, wrong)


class ModuleRecovery:
    """Goes on among the declarations of a module."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._balanced_to = 0

    def leave_declaration(self, start: int) -> None:
        """Go to the next declaration after the one that began at token ``start``, in which something was wrong.

        Where more brackets close than open before the next function, a function ended too early and this is the rest
        of it: nothing in it is looked at.
        """
        cursor = self._cursor
        if self._skips_rest_of_function():
            return
        wrong = cursor.at
        cursor.at = min(start + 1, wrong)
        depth = 0
        while not cursor.sees_kind(Kind.END):
            token = cursor.token
            keyword = token.kind in (Kind.KEYWORD, Kind.SYMBOL) and token.text in _DECLARATIONS
            if cursor.at >= wrong and (_begins_module_part(token) or (depth <= 0 and keyword and _starts_line(cursor))):
                return
            cursor.advance()
            if token.kind is not Kind.SYMBOL:
                continue
            depth += {"{": 1, "}": -1}.get(token.text, 0)
            if cursor.at > wrong and depth <= 0 and token.text in ("}", ";"):
                return

    def _skips_rest_of_function(self) -> bool:
        cursor = self._cursor
        if cursor.at < self._balanced_to:
            return False
        begin, depth = cursor.at, 0
        while not cursor.sees_kind(Kind.END) and not _begins_module_part(cursor.token):
            token = cursor.advance()
            if token.kind is Kind.SYMBOL:
                depth += {"{": 1, "}": -1}.get(token.text, 0)
            if depth < 0:
                return True
        self._balanced_to, cursor.at = cursor.at, begin
        return False


def _begins_module_part(token: Token) -> bool:
    return token.kind is Kind.KEYWORD and token.text in _ONLY_OF_MODULES


def _starts_line(cursor: Cursor) -> bool:
    """Whether the next token may begin a declaration: what stands before it ends one."""
    return cursor.at == 0 or cursor.peek(-1).text in (";", "}")


def _behind_brackets(cursor: Cursor, distance: int) -> int:
    """Return the distance of the token behind brackets that open at ``distance``."""
    depth = 0
    while (token := cursor.peek(distance)).kind is not Kind.END:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        distance += 1
        if depth == 0:
            break
    return distance
