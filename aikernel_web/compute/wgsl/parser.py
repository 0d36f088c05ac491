"""Parsing of WGSL texts (section 3.10 and section 4: directives, then declarations)."""

from __future__ import annotations

from typing import Literal, cast

from .cursor import Cursor, SyntaxAbort
from .lexer import Kind, tokenize
from .recovery import ModuleRecovery
from .source import Report, Source, Span
from .statements import StatementParser
from .syntax import Alias, Attribute, Declaration, Directive, Field, Function, Module, Struct

_TEXT_MAX = 1 << 20
"""Characters of a text: fifty times the largest shader that people write."""
_TOKENS_MISSING = frozenset(("WGSL_CHARACTER_INVALID", "WGSL_COMMENT_OPEN"))


def parse(source: Source, report: Report) -> Module:
    """Return what a text says. What is wrong with it is reported, and left out of the module."""
    if len(source.text) > _TEXT_MAX:
        report.add(Span(0, 1), "WGSL_TEXT_TOO_LONG", f"a shader has at most {_TEXT_MAX} characters")
        return Module((), ())
    if "\0" in source.text:
        at = source.text.index("\0")
        report.add(Span(at, at + 1), "WGSL_CHARACTER_INVALID", "a shader has no NUL")
        return Module((), ())
    tokens = tokenize(source, report)
    if any(item.code in _TOKENS_MISSING for item in report.diagnostics):
        # What the parser would say of a text with holes is not to be trusted.
        return Module((), ())
    cursor = Cursor(tokens, report)
    recovery = ModuleRecovery(cursor)
    directives: list[Directive] = []
    declarations: list[Declaration] = []
    while not cursor.sees_kind(Kind.END) and not report.full:
        if cursor.takes(";"):
            continue
        if cursor.unclosed and cursor.takes("}"):
            cursor.unclosed -= 1
            continue
        start = cursor.at
        parser = ModuleParser(cursor)
        try:
            if cursor.sees("enable", "requires", "diagnostic"):
                directive = parser.directive()
                if declarations:
                    report.add(directive.span, "WGSL_SYNTAX", "directives come before all declarations")
                directives.append(directive)
            else:
                declarations.append(parser.declaration())
        except SyntaxAbort:
            recovery.leave_declaration(start)
    return Module(tuple(directives), tuple(declarations))


class ModuleParser(StatementParser):
    """Reads directives and declarations at a cursor."""

    def directive(self) -> Directive:
        """Read a directive."""
        start = self.cursor.token.span
        kind = cast('Literal["enable", "requires", "diagnostic"]', self.cursor.advance().text)
        if kind == "diagnostic":
            names = [cast("str", getattr(item, "name", "")) for item in self._diagnostic_arguments()]
        else:
            names = [self.cursor.name("a feature").text]
            while self.cursor.takes(",") and not self.cursor.sees(";"):
                names.append(self.cursor.name("a feature").text)
        self.cursor.expect(";", "after a directive")
        return Directive(self.cursor.since(start), kind, tuple(names))

    def declaration(self) -> Declaration:
        """Read a declaration of the module."""
        start = self.cursor.token.span
        attributes = self.attributes()
        match self.cursor.token.text if self.cursor.token.kind in (Kind.KEYWORD, Kind.SYMBOL) else "":
            case "fn":
                return self._function(start, attributes)
            case "var":
                found: Declaration = self.variable(start, attributes)
            case "override":
                found = self.value(start, attributes)
            case "struct" if not attributes:
                return self._struct(start)
            case "const" if not attributes:
                found = self.value(start)
            case "alias" if not attributes:
                found = self._alias(start)
            case "const_assert" if not attributes:
                found = self.const_assert(start)
            case "}":
                self.cursor.fail("there is no open '{' that this closes")
            case "[":
                self.cursor.fail("attributes are written '@group(0) @binding(1)', not in '[[' and ']]'")
            case "let":
                self.cursor.fail("'let' stands in functions: a constant of the module is declared by 'const'")
            case _:
                self.cursor.fail("a declaration is missing (fn, struct, var, const, override, alias or const_assert)")
        self.cursor.expect(";", "after a declaration")
        return found

    def _alias(self, start: Span) -> Alias:
        self.cursor.advance()
        name = self.cursor.name("an alias")
        self.cursor.expect("=", "after the name of an alias")
        kind = self.type()
        return Alias(self.cursor.since(start), name.text, name.span, kind)

    def _struct(self, start: Span) -> Struct:
        self.cursor.advance()
        name = self.cursor.name("a structure")
        self.cursor.expect("{", "before the members")
        members: list[Field] = []
        while not self.cursor.sees("}"):
            members.append(self._field("a member"))
            if not self.cursor.takes(","):
                break
        self.cursor.expect("}", f"after the members{' (what parts them is a comma)' if self.cursor.sees(';') else ''}")
        if not members:
            self.cursor.report.add(name.span, "WGSL_SYNTAX", "a structure has one member at least")
        return Struct(self.cursor.since(start), name.text, name.span, tuple(members))

    def _function(self, start: Span, attributes: tuple[Attribute, ...]) -> Function:
        self.cursor.advance()
        name = self.cursor.name("a function")
        self.cursor.expect("(", "before the parameters")
        parameters: list[Field] = []
        while not self.cursor.sees(")"):
            parameters.append(self._field("a parameter"))
            if not self.cursor.takes(","):
                break
        self.cursor.expect(")", "after the parameters")
        result = None
        result_attributes: tuple[Attribute, ...] = ()
        if self.cursor.takes("->"):
            result_attributes = self.attributes()
            result = self.type()
        body = self.block(self.attributes())
        span = self.cursor.since(start)
        return Function(span, name.text, name.span, tuple(parameters), result, result_attributes, body, attributes)

    def _field(self, what: str) -> Field:
        start = self.cursor.token.span
        attributes = self.attributes()
        name = self.cursor.name(what).text
        self.cursor.expect(":", f"after the name of {what}")
        kind = self.type()
        return Field(self.cursor.since(start), name, kind, attributes)
