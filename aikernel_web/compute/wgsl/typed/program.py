"""From the text of a shader to what it does."""

from __future__ import annotations

from types import MappingProxyType

from ..analysis import Analysis, analyse, describe
from ..syntax import Variable
from .aliasing import Aliasing
from .functions import Functions
from .guard import guarded
from .stages import Stages
from .tree import Program, Value
from .uniformity import Uniformity


def program(text: str, *, uniform: bool = True) -> Program:
    """Return what a shader declares and what its functions do.

    Entry points of render stages, and functions that only those can call, are looked at and left out. Without
    ``uniform``, what invocations may not reach together is let through: to run it and see whether they do.

    Raises `WgslError` with every diagnostic, fifty at most: those of its grammar, and where there are none, those of
    its declarations and of the bodies of its functions.
    """
    analysis = analyse(text, goes_on=True)
    report = analysis.report
    is_sound = not report.diagnostics
    functions = Functions(analysis)
    done = functions.check()
    if not is_sound:
        report.finish()
    initial = _initial(analysis, functions)
    shader, specializer = describe(analysis)
    stages = Stages(analysis, shader, done, functions.discards)
    stages.check()
    Aliasing(analysis.facts.variables, report).check(done)
    computed = stages.computed()
    if uniform:
        Uniformity(analysis).check(computed)
    report.finish()
    return Program(
        analysis.source,
        shader,
        MappingProxyType(computed),
        MappingProxyType(analysis.facts.variables),
        MappingProxyType(initial),
        shader.structs,
        specializer,
    )


def _initial(analysis: Analysis, functions: Functions) -> dict[str, Value]:
    """Return the values that private variables begin with."""
    initial: dict[str, Value] = {}
    for name, variable in analysis.facts.variables.items():
        declared = analysis.found.declarations[name]
        if not isinstance(declared, Variable) or declared.value is None:
            continue
        value = guarded(analysis.report, functions.expressions.override, declared.value, variable.type)
        if value is not None:
            initial[name] = value
    return initial
