"""Each builtin function and operator of numbers over edge values, on two providers.

A `Probe` is an expression of ``a``, ``b`` ...; `compared` runs it on both and tells where floats are not as exact as
WGSL's accuracy table asks (`wgsl_accuracy`), and where all else differs. The text of this package runs in the page's
interpreter too.
"""

from __future__ import annotations

from .probe import Probe
from .probes import PROBES
from .running import compared

__all__ = ["PROBES", "Probe", "compared"]
