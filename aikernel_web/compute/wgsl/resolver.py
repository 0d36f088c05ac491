"""Which declaration every name of a text means, and which declarations use which (WGSL, sections 5.1 and 11.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .names import ATTRIBUTES, GENERATORS, STORAGE_TEXTURES, SUBGROUP_NAMES, TYPES_OF_F16
from .scope import Meaning, Named, Predeclared, Scopes, Sort, described
from .source import Report, Span
from .syntax import (
    Alias,
    Assign,
    Attribute,
    Binary,
    Block,
    Call,
    CallStatement,
    ConstAssert,
    Declaration,
    Expression,
    Field,
    For,
    Function,
    If,
    Index,
    Loop,
    Member,
    Module,
    Name,
    Number,
    Return,
    Statement,
    Step,
    Struct,
    Switch,
    Unary,
    Value,
    Variable,
    While,
    template_hint,
)

_WITHOUT_NAMES = frozenset(("builtin", "interpolate", "diagnostic"))
"""Attributes whose arguments are words, not names."""


@dataclass(slots=True)
class Resolution:
    """What the names of a module mean."""

    declarations: dict[str, Named] = field(default_factory=dict)
    meanings: dict[int, Meaning] = field(default_factory=dict)
    """By the offset in the text at which the name stands."""
    uses: dict[int, dict[str, Span]] = field(default_factory=dict)
    """By the offset of a declaration: the declarations of the module that it names, and where it first does."""


def resolve(module: Module, report: Report) -> Resolution:
    """Find out what the names of a module mean; those that mean nothing, or are declared twice, are reported."""
    found = Resolution()
    for declaration in module.declarations:
        if isinstance(declaration, ConstAssert):
            continue
        if declaration.name in found.declarations:
            report.add(declaration.name_span, "WGSL_NAME_TWICE", f"{declaration.name!r} is declared twice")
        else:
            found.declarations[declaration.name] = declaration
    enabled = {name for item in module.directives if item.kind == "enable" for name in item.names}
    if "subgroup_size_control" in enabled:
        enabled.add("subgroups")
    for declaration in module.declarations:
        _Resolver(found, report, frozenset(enabled), declaration).resolve()
    return found


class _Resolver:
    """Goes through one declaration of the module."""

    def __init__(self, found: Resolution, report: Report, enabled: frozenset[str], declaration: Declaration) -> None:
        self._found = found
        self._report = report
        self._enabled = enabled
        self._scopes = Scopes(found.declarations)
        self._declaration = declaration
        self._uses = found.uses.setdefault(declaration.span.start, {})

    def resolve(self) -> None:
        """Resolve the names of the declaration."""
        match self._declaration:
            case Variable() | Value():
                self._value(self._declaration)
            case Alias(type=kind):
                self._type(kind)
            case Struct(members=members):
                self._fields(members, "a member")
            case ConstAssert(condition=condition):
                self._expression(condition)
            case Function():
                self._function(self._declaration)

    def _function(self, function: Function) -> None:
        self._attributes(function.attributes)
        self._fields(function.parameters, "a parameter")
        self._attributes(function.result_attributes)
        if function.result is not None:
            self._type(function.result)
        # Parameters and the body's own declarations are of one scope (section 5.1).
        self._scopes.open()
        for parameter in function.parameters:
            self._scopes.declare(parameter)
        self._statements(function.body.statements)
        self._scopes.close()

    def _fields(self, fields: Sequence[Field], what: str) -> None:
        names: set[str] = set()
        for item in fields:
            self._attributes(item.attributes)
            self._type(item.type)
            if item.name in names:
                self._report.add(item.span, "WGSL_NAME_TWICE", f"there is {what} {item.name!r} already")
            names.add(item.name)

    def _value(self, declared: Variable | Value) -> None:
        self._attributes(declared.attributes)
        if declared.type is not None:
            self._type(declared.type)
        if declared.value is not None:
            self._expression(declared.value)

    def _attributes(self, attributes: Sequence[Attribute]) -> None:
        for attribute in attributes:
            if attribute.name == "subgroup_size":
                self._check_extension("subgroup_size_control", "'@subgroup_size'", attribute.span)
            if attribute.name == "builtin":
                for argument in attribute.arguments:
                    self._check_enabled(getattr(argument, "name", ""), argument.span)
            if attribute.name in ATTRIBUTES and attribute.name not in _WITHOUT_NAMES:
                for argument in attribute.arguments:
                    self._expression(argument)

    # Statements

    def _block(self, block: Block) -> None:
        self._scopes.open()
        self._statements(block.statements)
        self._scopes.close()

    def _statements(self, statements: Sequence[Statement]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, statement: Statement) -> None:  # noqa: PLR0912 - one case each
        match statement:
            case Variable() | Value():
                self._value(statement)
                if not self._scopes.declare(statement):
                    message = f"{statement.name!r} is declared twice in one block"
                    self._report.add(statement.name_span, "WGSL_NAME_TWICE", message)
            case Assign(target=target, value=value):
                if target is not None:
                    self._expression(target)
                self._expression(value)
            case Step(target=target):
                self._expression(target)
            case CallStatement(call=call):
                self._expression(call)
            case Return(value=returned):
                if returned is not None:
                    self._expression(returned)
            case ConstAssert(condition=condition):
                self._expression(condition)
            case Block():
                self._block(statement)
            case If():
                self._if(statement)
            case Switch(selector=selector, cases=cases):
                self._expression(selector)
                for case in cases:
                    for choice in case.selectors:
                        if choice is not None:
                            self._expression(choice)
                    self._block(case.body)
            case Loop():
                self._loop(statement)
            case For():
                self._for(statement)
            case While(condition=condition, body=body):
                self._expression(condition)
                self._block(body)

    def _if(self, statement: If) -> None:
        following: Block | If | None = statement
        while isinstance(following, If):
            self._expression(following.condition)
            self._block(following.then)
            following = following.otherwise
        if following is not None:
            self._block(following)

    def _loop(self, loop: Loop) -> None:
        # What the body declares is known in the continuing block (section 9.4.3).
        self._scopes.open()
        self._statements(loop.body.statements)
        if loop.continuing is not None:
            self._scopes.open()
            self._statements(loop.continuing.statements)
            if loop.break_if is not None:
                self._expression(loop.break_if)
            self._scopes.close()
        self._scopes.close()

    def _for(self, loop: For) -> None:
        self._scopes.open()
        if loop.initial is not None:
            self._statement(loop.initial)
        if loop.condition is not None:
            self._expression(loop.condition)
        if loop.update is not None:
            self._statement(loop.update)
        self._block(loop.body)
        self._scopes.close()

    # Expressions

    def _expression(self, expression: Expression) -> None:
        pending: list[Expression] = [expression]
        while pending:
            match pending.pop():
                case Name() as name:
                    self._name(name, "a value")
                    self._arguments(name)
                case Call(callee=callee, arguments=arguments):
                    self._name(callee, "a function or a type")
                    self._arguments(callee)
                    pending += reversed(arguments)
                case Number(suffix="h") as number:
                    self._check_extension("f16", "a number of f16", number.span)
                case Unary(operand=operand):
                    pending.append(operand)
                case Binary(left=left, right=right):
                    pending += (right, left)
                case Index(base=base, index=index):
                    pending += (index, base)
                case Member(base=base):
                    pending.append(base)

    def _type(self, name: Name) -> None:
        self._name(name, "a type")
        self._arguments(name)

    def _arguments(self, name: Name) -> None:
        """Resolve a template list, in which types, values, and words such as ``read_write`` stand."""
        pending: list[Name] = [] if name.arguments is None else [name]
        while pending:
            holder = pending.pop()
            place = self._place_of_type(holder)
            for at, argument in enumerate(holder.arguments or ()):
                if holder.name == "atomic" and getattr(argument, "name", "") in ("vec2", "vec2u"):
                    self._check_extension("atomic_vec2u_min_max", "an atomic vector", argument.span)
                if isinstance(argument, Name):
                    self._name(argument, "a type" if at == place else None)
                    pending.append(argument)
                else:
                    self._expression(argument)

    def _place_of_type(self, holder: Name) -> int | None:
        """Return which part of a template list is a type."""
        if not isinstance(self._found.meanings.get(holder.span.start), Predeclared):
            return None
        if holder.name not in GENERATORS or holder.name in STORAGE_TEXTURES:
            return None
        return 1 if holder.name == "ptr" else 0

    def _name(self, name: Name, wanted: str | None) -> None:
        meaning = self._scopes.find(name.name)
        span = name.span if name.arguments is None else Span(name.span.start, name.span.start + len(name.name))
        if meaning is None:
            similar = None if self._report.full else self._scopes.similar(name.name)
            hint = f": is {similar!r} meant?" if similar else ""
            self._report.add(span, "WGSL_NAME_UNKNOWN", f"{name.name!r} is not declared here{hint}")
            return
        self._found.meanings[span.start] = meaning
        if self._found.declarations.get(name.name) is meaning:
            self._uses.setdefault(name.name, span)
        elif isinstance(meaning, Predeclared):
            self._check_enabled(meaning.name, span)
        if wanted is not None and not _is(meaning, wanted):
            message = f"{name.name!r} is {described(meaning)}, where {wanted} is wanted{template_hint(name)}"
            self._report.add(span, "WGSL_NAME_KIND", message)

    def _check_enabled(self, name: str, span: Span) -> None:
        if name in TYPES_OF_F16:
            self._check_extension("f16", repr(name), span)
        if name in SUBGROUP_NAMES:
            self._check_extension("subgroups", repr(name), span)

    def _check_extension(self, extension: str, what: str, span: Span) -> None:
        if extension not in self._enabled:
            self._report.add(span, "WGSL_NOT_ENABLED", f"{what} needs 'enable {extension};' at the beginning")


def _is(meaning: Meaning, wanted: str) -> bool:
    """Whether a name that means this may stand where ``wanted`` is."""
    match meaning:
        case Alias() | Struct() | Predeclared(sort=Sort.TYPE):
            return wanted != "a value"
        case Function() | Predeclared(sort=Sort.FUNCTION):
            return wanted == "a function or a type"
        case Predeclared():
            return False
    return wanted == "a value"
