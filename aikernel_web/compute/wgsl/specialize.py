"""What depends on the values of overrides, which are given when a pipeline is made (WebGPU, section 10.1.1.3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NoReturn, cast

from ...contracts.errors import InvalidArgumentError
from .checker import Checker
from .entry_points import overrides_of, require_power_of_two
from .fault import Fault
from .layout import round_up, size_of
from .resolver import Resolution
from .shader import EntryPoint, Override
from .source import Report, Source, Span
from .syntax import Attribute, Expression
from .types import BOOL, I32, U32, Array, OverrideCount, Type
from .values import Constant, NumberFault, convert, fit

_WORKGROUP_ALIGN = 16
_DIMENSIONS = 3
_RANGES = {I32: (-(1 << 31), (1 << 31) - 1), U32: (0, (1 << 32) - 1)}


class Specializer:
    """Answers for a module what its sizes are with given values of its overrides."""

    def __init__(self, source: Source, checker: Checker, found: Resolution, order: list[str]) -> None:
        self._source = source
        self._checker = checker
        self._found = found
        declared = {item.name: item for item in overrides_of(found)}
        self._declared = {name: declared[name] for name in order if name in declared}
        self.overrides: dict[str, Override] = {}
        self.entry_points: dict[str, EntryPoint] = {}
        self.reached: dict[str, set[str]] = {}

    def defaults(self) -> dict[str, Constant]:
        """Return the values of overrides where none is given; what has none, or is refused then, is left out."""
        values = dict(self._checker.facts.values)
        known: dict[str, Constant] = {}
        for name, declared in self._declared.items():
            kind = values[name].type
            if declared.value is None or kind is None:
                continue
            try:
                value = self._checker.expressions.with_values(values).evaluate(declared.value)
                values[name] = convert(value, kind, declared.value.span)
            except Fault:
                continue  # the values that are given may differ; if not, making the pipeline refuses it
            if values[name].data is not None:
                known[name] = values[name]
        return known

    def workgroup_size(self, entry: str, constants: Mapping[str, float]) -> tuple[int, int, int]:
        """Answer `EntryPoint.workgroup_size`."""
        values = self._values(entry, constants)
        sizes = [self._positive(argument, values) for argument in self._workgroup_attribute(entry).arguments]
        x, y, z = [*sizes, 1, 1][:_DIMENSIONS]
        return x, y, z

    def subgroup_size(self, entry: str, constants: Mapping[str, float]) -> int | None:
        """Answer `EntryPoint.subgroup_size`."""
        attribute = self._attribute(entry, "subgroup_size")
        if attribute is None:
            return None
        argument = attribute.arguments[0]
        size = self._positive(argument, self._values(entry, constants))
        wide, _, _ = self.workgroup_size(entry, constants)
        try:
            require_power_of_two(argument.span, size)
        except Fault as fault:
            self._refuse(fault.span, fault.code, fault.message)
        if wide % size:
            message = f"a workgroup has a multiple of the subgroup size {size} along x, not {wide}"
            self._refuse(argument.span, "WGSL_SUBGROUP_SIZE", message)
        return size

    def workgroup_bytes(self, entry: str, constants: Mapping[str, float]) -> int:
        """Answer `EntryPoint.workgroup_bytes`: each variable takes a multiple of 16 bytes (WebGPU, section 10.2)."""
        values = self._values(entry, constants)
        variables = self._checker.facts.variables
        used = (variables[name] for name in variables if name in self.reached[entry])
        kinds = (variable.type for variable in used if variable.space == "workgroup")
        return sum(round_up(_WORKGROUP_ALIGN, self._bytes(kind, values)) for kind in kinds)

    def override_values(self, entry: str, constants: Mapping[str, float]) -> dict[str, Constant]:
        """Return the values of all overrides that an entry point uses."""
        values = self._values(entry, constants)
        return {name: values[name] for name in self._declared if name in self.reached[entry]}

    def count_of(self, kind: Array, entry: str, constants: Mapping[str, float]) -> int:
        """Return the number of elements of an array, whose count may depend on overrides."""
        if isinstance(kind.count, OverrideCount):
            return self._positive(kind.count.expression, self._values(entry, constants))
        if kind.count is None:
            raise TypeError(f"the count of {kind} is known with its buffer")
        return kind.count

    def _bytes(self, kind: Type, values: Mapping[str, Constant]) -> int:
        if isinstance(kind, Array) and isinstance(kind.count, OverrideCount):
            return size_of(kind) * self._positive(kind.count.expression, values)
        return size_of(kind)

    def _attribute(self, entry: str, name: str) -> Attribute | None:
        return next((item for item in self._checker.facts.functions[entry].attributes if item.name == name), None)

    def _workgroup_attribute(self, entry: str) -> Attribute:
        found = self._attribute(entry, "workgroup_size")
        if found is None:
            message = f"{entry!r} is no compute shader, and has no workgroup size."
            raise InvalidArgumentError(message, code="WEBGPU_ENTRY_UNKNOWN")
        return found

    def _positive(self, expression: Expression, values: Mapping[str, Constant]) -> int:
        value = self._evaluated(expression, values)
        if value.data is None:
            self._refuse(expression.span, "WGSL_CONST_UNSUPPORTED", "this front end cannot work out this number")
        number = cast("int", value.data)
        if number < 1:
            self._refuse(expression.span, "WGSL_OVERRIDE_VALUE", f"this is 1 or more, and with these values {number}")
        return number

    def _evaluated(self, expression: Expression, values: Mapping[str, Constant]) -> Constant:
        try:
            return self._checker.expressions.with_values(values).evaluate(expression)
        except Fault as fault:
            self._refuse(fault.span, fault.code, fault.message)

    def _values(self, entry: str, constants: Mapping[str, float]) -> dict[str, Constant]:
        """Return the values of all constants, and of the overrides that an entry point uses."""
        given = self._given(constants)
        values = dict(self._checker.facts.values)
        for name, declared in self._declared.items():
            if name not in self.reached[entry]:
                continue
            override = self.overrides[name]
            if name in given:
                values[name] = given[name]
            elif declared.value is None:
                message = f"The shader needs a value for {name!r}, of type {override.type}: give it in constants."
                raise InvalidArgumentError(message, code="WEBGPU_CONSTANT_MISSING")
            else:
                value = self._evaluated(declared.value, values)
                values[name] = convert(value, override.type, declared.value.span)
        return values

    def _given(self, constants: Mapping[str, float]) -> dict[str, Constant]:
        keys = {override.key: override for override in self.overrides.values()}
        given: dict[str, Constant] = {}
        for key, number in constants.items():
            override = self.overrides.get(key) or keys.get(key)
            if override is None:
                known = ", ".join(map(repr, self.overrides)) or "none"
                message = f"The shader has no override {key!r}: it has {known}."
                raise InvalidArgumentError(message, code="WEBGPU_CONSTANT_UNKNOWN")
            given[override.name] = Constant(override.type, _as_given(override, number))
        return given

    def _refuse(self, span: Span, code: str, message: str) -> NoReturn:
        report = Report(self._source)
        report.add(span, code, message)
        report.finish()
        raise AssertionError("a report with a diagnostic ends in an error")


def _as_given(override: Override, number: float) -> bool | int | float:
    """Return a number as a value of an override's type; refuses what it would not be equal to."""
    if override.type == BOOL:
        return bool(number)
    try:
        if override.type in _RANGES:
            low, high = _RANGES[override.type]
            if math.isfinite(number) and number == int(number) and low <= number <= high:
                return int(number)
            raise NumberFault(f"{override.type} is a whole number between {low} and {high}")
        return fit(override.type, number)
    except NumberFault as fault:
        message = f"The override {override.name!r} cannot be {number}: {fault}."
        raise InvalidArgumentError(message, code="WEBGPU_CONSTANT_INVALID") from None
