"""Functions, with their types (WGSL, section 11): what they take and return, and their bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..analysis import Analysis
from ..checker import stage_of
from ..fault import Fault, Unanswered
from ..names import COMPUTE_INPUTS
from ..source import Span
from ..syntax import Field, Function, Name
from ..syntax import Struct as StructSyntax
from ..types import U32, Opaque, Pointer, Type, Vector
from ..values import Constant
from . import tree
from .behaviour import Behaviours
from .diagnostics import check_directives, check_filters
from .expressions import Expressions, Signature
from .guard import guarded
from .kinds import is_constructible
from .statements import Statements

_PARAMETERS_MAX = 255
_SPACES = frozenset(("function", "private", "workgroup", "storage", "uniform"))
_VEC3U: Final = Vector(3, U32)
_INPUTS: Final[Mapping[str, Type]] = dict.fromkeys(
    ("local_invocation_id", "global_invocation_id", "workgroup_id", "num_workgroups"), _VEC3U
)
"""The built-in values that are no u32."""


class Functions:
    """Types the functions of a module; what is wrong is reported."""

    def __init__(self, analysis: Analysis) -> None:
        self._report = analysis.report
        self._found = analysis.found
        self._module = analysis.module
        self._declared = [
            declared for name in analysis.order if isinstance(declared := analysis.found.declarations[name], Function)
        ]
        self._locals: dict[int, tree.Local | Constant] = {}
        self._signatures: dict[str, Signature] = {}
        facts = analysis.facts
        self.expressions = Expressions(
            analysis.checker.types,
            analysis.found,
            values=facts.values,
            variables=facts.variables,
            functions=self._signatures,
            locals=self._locals,
        )
        self._behaviours = Behaviours(analysis.found, analysis.report)
        self._must_use: set[str] = set()
        self.discards: dict[str, Span] = {}
        """Where functions have a ``discard``."""

    def check(self) -> dict[str, tree.Function]:
        """Return the functions by name, each behind those that it calls."""
        guarded(self._report, check_directives, self._module.directives)
        done: dict[str, tree.Function] = {}
        for function in self._declared:
            done[function.name] = self._function(function)
        return done

    def _function(self, function: Function) -> tree.Function:
        guarded(self._report, self._check_head, function)
        parameters = [guarded(self._report, self._parameter, item) for item in function.parameters]
        result = None if function.result is None else guarded(self._report, self._result, function, function.result)
        known = tuple(local for local in parameters if local is not None)
        if len(known) == len(parameters) and (result is not None or function.result is None):
            self._signatures[function.name] = Signature(tuple(local.type for local in known), result)
        statements = Statements(
            self.expressions, self._report, function, result=result, locals=self._locals, must_use=self._must_use
        )
        body = statements.body()
        if statements.discard is not None:
            self.discards[function.name] = statements.discard
        self._behaviours.check(function, returns=result is not None)
        inputs = guarded(self._report, self._inputs, function) if stage_of(function) == "compute" else ()
        return tree.Function(function.span, function.name, known, result, body, inputs or ())

    def _check_head(self, function: Function) -> None:
        if len(function.parameters) > _PARAMETERS_MAX:
            message = f"a function has at most {_PARAMETERS_MAX} parameters, not {len(function.parameters)}"
            raise Fault(function.name_span, "WGSL_LIMIT_EXCEEDED", message)
        check_filters(function.attributes)
        for attribute in function.attributes:
            if attribute.name == "must_use" and function.result is None:
                message = "'@must_use' is for functions that return something"
                raise Fault(attribute.span, "WGSL_ATTRIBUTE_INVALID", message)
            if attribute.name == "must_use":
                self._must_use.add(function.name)

    def _parameter(self, item: Field) -> tree.Local:
        kind = self._type(item.type)
        if isinstance(kind, Pointer):
            if kind.space not in _SPACES:
                message = f"a parameter cannot point into {kind.space!r}"
                raise Fault(item.type.span, "WGSL_TYPE_INVALID", message)
        elif not isinstance(kind, Opaque) and not is_constructible(kind):
            message = f"there are no values of {kind}: a pointer to one can be a parameter"
            raise Fault(item.type.span, "WGSL_TYPE_INVALID", message)
        local = tree.Local(item.name, item.span, kind, "parameter")
        self._locals[item.span.start] = local
        return local

    def _result(self, function: Function, name: Name) -> Type:
        kind = self._type(name)
        if isinstance(kind, Pointer):
            raise Unanswered  # that was reported with the declarations
        if not is_constructible(kind):
            raise Fault(name.span, "WGSL_TYPE_INVALID", f"{function.name!r} cannot return {kind}")
        return kind

    def _type(self, name: Name) -> Type:
        try:
            return self.expressions.type(name)
        except Fault:
            raise Unanswered from None  # that was reported with the declarations

    # Inputs of entry points

    def _inputs(self, function: Function) -> tuple[str | tuple[str, ...], ...]:
        """Return the built-in values of parameters and members; whether all have one is looked at elsewhere."""
        return tuple(self._input(item) for item in function.parameters)

    def _input(self, item: Field) -> str | tuple[str, ...]:
        builtin = _builtin(item)
        kind = self._type(item.type)
        if builtin:
            _check_input(item, builtin, kind)
            return builtin
        declared = self._found.declarations.get(str(kind))
        if not isinstance(declared, StructSyntax):
            return ""
        names: list[str] = []
        for member in declared.members:
            names.append(_builtin(member))
            if names[-1]:
                _check_input(member, names[-1], self._type(member.type))
        return tuple(names)


def _builtin(item: Field) -> str:
    for attribute in item.attributes:
        if attribute.name == "builtin" and attribute.arguments and isinstance(attribute.arguments[0], Name):
            return attribute.arguments[0].name
    return ""


def _check_input(item: Field, builtin: str, kind: Type) -> None:
    wanted = _INPUTS.get(builtin, U32)
    if kind != wanted and builtin in COMPUTE_INPUTS:
        raise Fault(item.type.span, "WGSL_TYPE_MISMATCH", f"{builtin!r} is {wanted}, not {kind}")
