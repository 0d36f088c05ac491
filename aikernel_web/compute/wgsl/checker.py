"""What the declarations of a module are: types, values and variables (WGSL, sections 6 and 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from .fault import Fault, Unanswered
from .names import ATTRIBUTES, EXTENSIONS
from .resolver import Resolution
from .scope import Named
from .source import Report, Source
from .syntax import Alias, Attribute, ConstAssert, Expression, Function, Module, Struct, Value, Variable
from .type_builder import TypeBuilder, whole_number
from .typed.expressions import Expressions
from .types import BOOL, Pointer, Scalar, Type
from .values import Constant
from .variables import ModuleVariable, check_variable

_ID_MAX = 65535
_VALUE_ATTRIBUTES = {"override": frozenset(("id",)), "const": frozenset[str]()}


@dataclass(slots=True)
class Facts:
    """What is known of a module's declarations, by their names."""

    types: dict[str, Type] = field(default_factory=dict)
    """Of aliases and structures."""
    values: dict[str, Constant] = field(default_factory=dict)
    """Of constants, and of overrides, whose values are not known yet but their types."""
    variables: dict[str, ModuleVariable] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    """Of overrides that have one."""
    functions: dict[str, Function] = field(default_factory=dict)


class Checker:
    """Works out one declaration after another; what is wrong with one is reported, and what needs it is passed over."""

    def __init__(self, source: Source, module: Module, found: Resolution, report: Report) -> None:
        self.facts = Facts()
        self._module = module
        self._found = found
        self._report = report
        self._ids: set[int] = set()
        self.types = TypeBuilder(self.facts.types, source.text, found.declarations.__contains__)
        self.expressions = Expressions(self.types, found, values=self.facts.values)

    def check(self, order: list[str]) -> Facts:
        """Check the declarations, in an order in which each comes after those that it needs."""
        for directive in self._module.directives:
            for name in directive.names if directive.kind == "enable" else ():
                if name not in EXTENSIONS:
                    message = f"this front end does not know the extension {name!r}"
                    self._report.add(directive.span, "WGSL_ENABLE_UNKNOWN", message)
        for name in order:
            self._guard(self._found.declarations[name])
        for declaration in self._module.declarations:
            if isinstance(declaration, ConstAssert):
                self._guard(declaration)
        return self.facts

    def _guard(self, declaration: Named | ConstAssert) -> None:
        try:
            match declaration:
                case Alias():
                    self.facts.types[declaration.name] = self.expressions.type(declaration.type)
                case Struct():
                    for item in declaration.members:
                        check_attributes(item.attributes)
                    self.facts.types[declaration.name] = self.types.struct(declaration, self.expressions.evaluate)
                case Value():
                    self._value(declaration)
                case Variable():
                    check_attributes(declaration.attributes)
                    self.facts.variables[declaration.name] = check_variable(declaration, self.expressions)
                case Function():
                    self._function(declaration)
                case ConstAssert():
                    self._const_assert(declaration)
        except Fault as fault:
            self._report.add(fault.span, fault.code, fault.message)
        except Unanswered:
            pass

    def _value(self, declared: Value) -> None:
        check_attributes(declared.attributes, _VALUE_ATTRIBUTES[declared.kind])
        for attribute in declared.attributes:
            number = whole_number(attribute, self.expressions.evaluate)
            if not 0 <= number <= _ID_MAX:
                message = f"an id is between 0 and {_ID_MAX}, not {number}"
                raise Fault(attribute.span, "WGSL_ATTRIBUTE_VALUE", message)
            if number in self._ids:
                raise Fault(attribute.span, "WGSL_ID_TWICE", f"another override has the id {number}")
            self._ids.add(number)
            self.facts.ids[declared.name] = number
        kind = None if declared.type is None else self.expressions.type(declared.type)
        if declared.kind == "override":
            self.facts.values[declared.name] = Constant(self._override(declared, kind))
            return
        written = cast("Expression", declared.value)  # the parser asks for one
        self.facts.values[declared.name] = self.expressions.constant(written, kind)

    def _override(self, declared: Value, kind: Type | None) -> Scalar:
        if declared.value is not None:
            kind = self.expressions.initial(declared.value, kind).type
        if not isinstance(kind, Scalar):
            raise Fault(declared.name_span, "WGSL_TYPE_INVALID", f"an override is a scalar, not {kind}")
        return kind

    def _function(self, function: Function) -> None:
        check_attributes(function.attributes)
        check_attributes(function.result_attributes)
        for parameter in function.parameters:
            check_attributes(parameter.attributes)
            self.expressions.type(parameter.type)
        if function.result is not None:
            result = self.expressions.type(function.result)
            if isinstance(result, Pointer):
                raise Fault(function.result.span, "WGSL_TYPE_INVALID", "a function cannot return a pointer")
        self.facts.functions[function.name] = function

    def _const_assert(self, declared: ConstAssert) -> None:
        value = self.expressions.constant(declared.condition)
        span = declared.condition.span
        if value.type != BOOL:
            raise Fault(span, "WGSL_TYPE_MISMATCH", f"a condition is a bool, not {value.type}")
        if value.data is False:
            raise Fault(span, "WGSL_CONST_ASSERT", "this is asserted, and it is false")


def check_attributes(attributes: tuple[Attribute, ...], allowed: frozenset[str] | None = None) -> None:
    """Refuse attributes that WGSL does not have, that stand twice, or that do not belong here."""
    seen: set[str] = set()
    for attribute in attributes:
        name = attribute.name
        if name not in ATTRIBUTES:
            hint = ": is '@compute' meant?" if name == "stage" else ""
            raise Fault(attribute.span, "WGSL_ATTRIBUTE_UNKNOWN", f"there is no attribute '@{name}'{hint}")
        if allowed is not None and name not in allowed:
            raise Fault(attribute.span, "WGSL_ATTRIBUTE_INVALID", f"'@{name}' does not belong here")
        if name in seen and name != "diagnostic":
            raise Fault(attribute.span, "WGSL_ATTRIBUTE_TWICE", f"'@{name}' stands here twice")
        seen.add(name)
        least, most = ATTRIBUTES[name]
        if not least <= len(attribute.arguments) <= most:
            count = str(least) if least == most else f"{least} to {most}"
            message = f"'@{name}' takes {count} arguments, not {len(attribute.arguments)}"
            raise Fault(attribute.span, "WGSL_ATTRIBUTE_VALUE", message)


def stage_of(function: Function) -> str | None:
    """Return the stage that a function is an entry point of."""
    stages = [item.name for item in function.attributes if item.name in ("compute", "vertex", "fragment")]
    return stages[0] if stages else None
