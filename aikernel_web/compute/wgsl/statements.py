"""Parsing of statements (WGSL, section 9)."""

from __future__ import annotations

from typing import Literal, cast

from .cursor import SyntaxAbort
from .expressions import ExpressionParser
from .lexer import Kind
from .recovery import begins_declaration, leave_statement
from .source import Span
from .syntax import (
    Assign,
    Attribute,
    Block,
    Call,
    CallStatement,
    Case,
    ConstAssert,
    Expression,
    For,
    If,
    Index,
    Jump,
    Loop,
    Member,
    Name,
    Return,
    Statement,
    Step,
    Switch,
    Unary,
    Value,
    Variable,
    While,
)

_SEVERITIES = ("error", "warning", "info", "off")
_KINDS_ELSEWHERE = {"float": "f32", "half": "f16", "double": "f32", "int": "i32", "uint": "u32"}
"""What other languages call types, and what WGSL does."""
_ASSIGNMENTS = ("=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=")


class StatementParser(ExpressionParser):
    """Reads statements at a cursor."""

    def attributes(self) -> tuple[Attribute, ...]:
        """Read the attributes that stand here."""
        if self.cursor.word != "@":
            return ()
        found: list[Attribute] = []
        while self.cursor.sees("@"):
            start = self.cursor.advance().span
            token = self.cursor.token
            if token.kind is not Kind.NAME and not self.cursor.sees("const", "diagnostic"):
                self.cursor.fail("the name of an attribute is missing")
            self.cursor.advance()
            if token.text == "diagnostic":
                arguments = self._diagnostic_arguments()
            else:
                arguments = self.arguments() if self.cursor.sees("(") else ()
            found.append(Attribute(self.cursor.since(start), token.text, arguments))
        return tuple(found)

    def _diagnostic_arguments(self) -> tuple[Expression, ...]:
        self.cursor.expect("(", "after 'diagnostic'")
        severity = self.cursor.name("a severity")
        if severity.text not in _SEVERITIES:
            self.cursor.refuse(severity, f"a severity is one of {', '.join(_SEVERITIES)}")
        self.cursor.expect(",", "after the severity")
        start = self.cursor.token.span
        rule = self.cursor.name("a rule").text
        if self.cursor.takes("."):
            rule += "." + self.cursor.name("a rule").text
        names = (Name(severity.span, severity.text), Name(self.cursor.since(start), rule))
        self.cursor.takes(",")
        self.cursor.expect(")", "after the rule")
        return names

    def block(self, attributes: tuple[Attribute, ...] = ()) -> Block:
        """Read statements in braces."""
        start = self.cursor.expect("{", "before a block").span
        self.enter()
        statements = self._statements("a block")
        self.cursor.advance()
        self.leave()
        return Block(self.cursor.since(start), statements, attributes)

    def statement(self) -> Statement:  # noqa: PLR0911 - a case each
        """Read a statement."""
        attributes = self.attributes()
        start = self.cursor.token.span
        match self.cursor.token.text if not self.cursor.sees_kind(Kind.NAME) else "":
            case "{":
                return self.block(attributes)
            case "if":
                return self._if(start, attributes)
            case "switch":
                return self._switch(start, attributes)
            case "loop":
                return self._loop(start, attributes)
            case "for":
                return self._for(start, attributes)
            case "while":
                self.cursor.advance()
                condition = self.expression()
                body = self.block(self.attributes())
                return While(self.cursor.since(start), condition, body, attributes)
        if attributes:
            self.cursor.fail("attributes stand before blocks and what controls them only")
        statement = self._simple(start)
        self.cursor.expect(";", "after a statement")
        return statement

    def _statements(self, where: str, *ends: str) -> tuple[Statement, ...]:
        """Read statements up to the brace that closes their block, or one of the keywords ``ends``.

        What is no statement is reported and passed over, so that the next ones are read.
        """
        found: list[Statement] = []
        while not self.cursor.sees("}", *ends):
            if self.cursor.takes(";"):
                continue
            if self.cursor.sees_kind(Kind.END) or begins_declaration(self.cursor):
                self.cursor.unclosed += self.depth
                self.cursor.fail(f"'}}' is missing after {where}")
            if self.cursor.sees("break") and self.cursor.following.text == "if":
                if "break" in ends:
                    break
                self.cursor.fail("'break if' stands at the end of a continuing block only")
            start, depth = self.cursor.at, self.depth
            try:
                found.append(self.statement())
            except SyntaxAbort:
                if self.cursor.report.full or self.cursor.sees_kind(Kind.END) or begins_declaration(self.cursor):
                    raise
                self.depth = depth
                leave_statement(self.cursor, start)
        return tuple(found)

    def variable(self, start: Span, attributes: tuple[Attribute, ...]) -> Variable:
        """Read a ``var`` without its semicolon."""
        self.cursor.expect("var", "here")
        space = access = None
        if self.cursor.sees_kind(Kind.TEMPLATE_START):
            self.cursor.advance()
            space = self.cursor.name("an address space").text
            if self.cursor.takes(",") and self.cursor.sees_kind(Kind.NAME):
                access = self.cursor.advance().text
                self.cursor.takes(",")
            if not self.cursor.sees_kind(Kind.TEMPLATE_END):
                self.cursor.fail("'>' is missing after the address space")
            self.cursor.advance()
        name = self.cursor.name("a variable")
        kind = self.type() if self.cursor.takes(":") else None
        value = self.expression() if self.cursor.takes("=") else None
        if kind is None and value is None:
            self.cursor.fail("a variable needs a type, or a value to begin with")
        return Variable(self.cursor.since(start), name.text, name.span, space, access, kind, value, attributes)

    def value(self, start: Span, attributes: tuple[Attribute, ...] = ()) -> Value:
        """Read a ``let``, ``const`` or ``override`` without its semicolon."""
        kind = self.cursor.advance().text
        name = self.cursor.name("a value")
        declared = self.type() if self.cursor.takes(":") else None
        value = self.expression() if self.cursor.takes("=") else None
        if value is None and (kind != "override" or declared is None):
            self.cursor.fail(
                "'=' and a value are missing" if kind != "override" else "an override needs a type, or a value"
            )
        known = cast('Literal["let", "const", "override"]', kind)
        return Value(self.cursor.since(start), known, name.text, name.span, declared, value, attributes)

    def const_assert(self, start: Span) -> ConstAssert:
        """Read a ``const_assert`` without its semicolon."""
        self.cursor.expect("const_assert", "here")
        condition = self.expression()
        return ConstAssert(self.cursor.since(start), condition)

    def _simple(self, start: Span) -> Statement:
        match self.cursor.token.text if self.cursor.sees_kind(Kind.KEYWORD) else "":
            case "return":
                self.cursor.advance()
                value = None if self.cursor.sees(";") else self.expression()
                return Return(self.cursor.since(start), value)
            case "break" | "continue" | "discard" as kind:
                self.cursor.advance()
                return Jump(self.cursor.since(start), kind)
            case "var":
                return self.variable(start, ())
            case "let" | "const":
                return self.value(start)
            case "const_assert":
                return self.const_assert(start)
        return self._assignment_or_call(start)

    def _assignment_or_call(self, start: Span) -> Statement:
        if self.cursor.takes("_"):
            self.cursor.expect("=", "after '_'")
            value = self.expression()
            return Assign(self.cursor.since(start), None, "=", value)
        bracketed = self.cursor.sees("(")
        target = self.unary()
        if isinstance(target, Call) and not bracketed:
            return CallStatement(self.cursor.since(start), target)
        if not _is_target(target):
            self.cursor.report.add(target.span, "WGSL_SYNTAX", "this is no place that can be assigned to")
            raise SyntaxAbort
        if self.cursor.sees("++", "--"):
            step = cast('Literal["++", "--"]', self.cursor.advance().text)
            return Step(self.cursor.since(start), target, step)
        if not self.cursor.sees(*_ASSIGNMENTS):
            name = self.cursor.token.text
            if isinstance(target, Name) and self.cursor.sees_kind(Kind.NAME):
                kind = _KINDS_ELSEWHERE.get(target.name, target.name)
                self.cursor.fail(f"a variable is declared by 'var {name}: {kind}', a value by 'let {name} = ...'")
            self.cursor.fail("this is no statement: it declares, assigns and calls nothing")
        operator = self.cursor.advance().text
        value = self.expression()
        return Assign(self.cursor.since(start), target, operator, value)

    def _if(self, start: Span, attributes: tuple[Attribute, ...]) -> If:
        """Read an ``if`` and all the ``else if`` behind it, each of which is one level deeper than the last."""
        clauses: list[tuple[Span, Expression, Block]] = []
        otherwise: Block | If | None = None
        depth, begin = self.depth, start
        while True:
            self.cursor.advance()
            condition = self.expression()
            clauses.append((begin, condition, self.block(self.attributes())))
            if not self.cursor.takes("else"):
                break
            begin = self.cursor.token.span
            if not self.cursor.sees("if"):
                otherwise = self.block(self.attributes())
                break
            self.enter()
        self.depth = depth
        end = self.cursor.last
        for at in range(len(clauses) - 1, 0, -1):
            begin, condition, then = clauses[at]
            otherwise = If(begin.to(end), condition, then, otherwise)
        begin, condition, then = clauses[0]
        return If(begin.to(end), condition, then, otherwise, attributes)

    def _switch(self, start: Span, attributes: tuple[Attribute, ...]) -> Switch:
        self.cursor.advance()
        selector = self.expression()
        attributes += self.attributes()
        self.cursor.expect("{", "before the cases")
        self.enter()
        cases: list[Case] = []
        while not self.cursor.takes("}"):
            cases.append(self._case())
        self.leave()
        return Switch(self.cursor.since(start), selector, tuple(cases), attributes)

    def _case(self) -> Case:
        start = self.cursor.token.span
        selectors: list[Expression | None] = []
        if self.cursor.takes("default"):
            selectors.append(None)
        else:
            self.cursor.expect("case", "here, or 'default'")
            while not self.cursor.sees(":", "{", "@"):
                selectors.append(None if self.cursor.takes("default") else self.expression())
                if not self.cursor.takes(","):
                    break
            if not selectors:
                self.cursor.fail("a case needs a value")
        self.cursor.takes(":")
        body = self.block(self.attributes())
        return Case(self.cursor.since(start), tuple(selectors), body)

    def _loop(self, start: Span, attributes: tuple[Attribute, ...]) -> Loop:
        self.cursor.advance()
        inner_attributes = self.attributes()
        opening = self.cursor.expect("{", "before a block").span
        self.enter()
        statements = self._statements("a loop", "continuing")
        continuing: Block | None = None
        break_if: Expression | None = None
        if self.cursor.takes("continuing"):
            continuing, break_if = self._continuing()
        self.cursor.expect("}", "after the continuing block, which is the last of a loop")
        self.leave()
        body = Block(self.cursor.since(opening), statements, inner_attributes)
        return Loop(self.cursor.since(start), body, continuing, break_if, attributes)

    def _continuing(self) -> tuple[Block, Expression | None]:
        attributes = self.attributes()
        start = self.cursor.expect("{", "after 'continuing'").span
        self.enter()
        statements = self._statements("a continuing block", "break")
        break_if: Expression | None = None
        if self.cursor.takes("break"):
            self.cursor.expect("if", "behind the 'break' at the end of a continuing block")
            break_if = self.expression()
            self.cursor.expect(";", "after 'break if'")
            while self.cursor.takes(";"):
                continue
        self.cursor.expect("}", "after 'break if', which is the last of a continuing block")
        self.leave()
        return Block(self.cursor.since(start), statements, attributes), break_if

    def _for(self, start: Span, attributes: tuple[Attribute, ...]) -> For:
        self.cursor.advance()
        self.cursor.expect("(", "after 'for'")
        initial = None if self.cursor.sees(";") else self._for_part(("var", "let", "const"))
        self.cursor.expect(";", "after the first part of a 'for'")
        condition = None if self.cursor.sees(";") else self.expression()
        self.cursor.expect(";", "after the condition of a 'for'")
        update = None if self.cursor.sees(")") else self._for_part(())
        self.cursor.expect(")", "after the parts of a 'for'")
        body = self.block(self.attributes())
        return For(self.cursor.since(start), initial, condition, update, body, attributes)

    def _for_part(self, declarations: tuple[str, ...]) -> Statement:
        start = self.cursor.token.span
        if self.cursor.sees_kind(Kind.KEYWORD) and not self.cursor.sees(*declarations):
            self.cursor.fail("an assignment or a call is missing")
        return self._simple(start)


def _is_target(expression: Expression) -> bool:
    """Whether an expression is of the form that the left side of an assignment has (section 9.2)."""
    match expression:
        case Name(arguments=None):
            return True
        case Index(base=base) | Member(base=base):
            return _is_target(base)
        case Unary(operator="*" | "&", operand=operand):
            return _is_target(operand)
    return False
