"""From the text of a shader to what it needs."""

from __future__ import annotations

from .analysis import analyse, describe
from .shader import Binding, EntryPoint, Override, Plain, Shader, Stage

__all__ = ["Binding", "EntryPoint", "Override", "Plain", "Shader", "Stage", "reflect"]


def reflect(text: str) -> Shader:
    """Return what a shader declares and needs.

    Raises `WgslError` with every diagnostic, fifty at most: those of its grammar, and where there are none, those of
    its names, types and sizes. What the statements of functions compute is left to the GPU's own compiler.
    """
    analysis = analyse(text)
    analysis.report.finish()
    return describe(analysis)[0]
