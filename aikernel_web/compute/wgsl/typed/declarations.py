"""Variables, values and assertions within functions (WGSL, sections 7.2, 7.3 and 9.6)."""

from __future__ import annotations

from ..fault import Fault
from ..syntax import ConstAssert, Value, Variable
from ..types import BOOL, Opaque, Pointer, Type
from ..values import Constant
from . import tree
from .expressions import Expressions
from .kinds import is_constructible


class Declarations:
    """Types declarations, and tells `Expressions` what their names mean from there on."""

    def __init__(self, expressions: Expressions, known: dict[int, tree.Local | Constant]) -> None:
        self._expressions = expressions
        self._known = known

    def variable(self, declared: Variable) -> tree.DeclareVar:
        """Return what a ``var`` does; raises `Fault`."""
        if declared.space not in (None, "function"):
            message = f"a variable of a function is in no other address space: it cannot be in {declared.space!r}"
            raise Fault(declared.name_span, "WGSL_ADDRESS_SPACE", message)
        if declared.access is not None:
            message = "a variable of a function has no access mode"
            raise Fault(declared.name_span, "WGSL_ACCESS_MODE", message)
        kind = None if declared.type is None else self._expressions.type(declared.type)
        local = None
        if kind is not None:
            # Its name is known even where its value is wrong: what uses it can be looked at.
            local = self._local_variable(declared, kind)
        value = None if declared.value is None else self._expressions.value(declared.value, kind)
        if local is None and value is not None:
            local = self._local_variable(declared, value.type)
        if local is None:
            raise Fault(declared.name_span, "WGSL_VARIABLE_INVALID", "the type of the variable is missing")
        return tree.DeclareVar(declared.span, local, value)

    def _local_variable(self, declared: Variable, kind: Type | None) -> tree.Local:
        if kind is None or not is_constructible(kind):
            message = f"a variable of a function cannot hold {kind}"
            raise Fault(declared.name_span, "WGSL_TYPE_INVALID", message)
        local = tree.Local(declared.name, declared.name_span, kind, "var")
        self._known[declared.span.start] = local
        return local

    def value(self, declared: Value) -> tree.DeclareLet | None:
        """Return what a ``let`` does; a ``const`` is known from here on, and does nothing. Raises `Fault`."""
        kind = None if declared.type is None else self._expressions.type(declared.type)
        written = declared.value
        if written is None:
            raise TypeError("the parser asks for a value")
        if declared.kind == "const":
            self._known[declared.span.start] = self._expressions.constant(written, kind)
            return None
        local = None
        if kind is not None:
            local = self._local_value(declared, kind)
        value = self._expressions.value(written, kind)
        return tree.DeclareLet(declared.span, local or self._local_value(declared, value.type), value)

    def _local_value(self, declared: Value, kind: Type | None) -> tree.Local:
        if kind is None or not (is_constructible(kind) or isinstance(kind, Pointer | Opaque)):
            raise Fault(declared.name_span, "WGSL_TYPE_INVALID", f"there are no values of {kind}")
        local = tree.Local(declared.name, declared.name_span, kind, "let")
        self._known[declared.span.start] = local
        return local

    def check(self, declared: ConstAssert) -> None:
        """Refuse an assertion that is false; raises `Fault`."""
        constant = self._expressions.constant(declared.condition)
        span = declared.condition.span
        if constant.type != BOOL:
            raise Fault(span, "WGSL_TYPE_MISMATCH", f"a condition is a bool, not {constant.type}")
        if constant.data is False:
            raise Fault(span, "WGSL_CONST_ASSERT", "this is asserted, and it is false")
