"""Each builtin function and operator of numbers over edge values, on two providers.

A `Probe` is an expression of ``a``, ``b`` ...; `compared` runs it on both and tells where they differ by more than
WGSL's accuracy table allows (section 15.7.4). The text of this package runs in the page's interpreter too.
"""

from __future__ import annotations

from .probe import Probe
from .probes import PROBES
from .running import compared

__all__ = ["PROBES", "Probe", "compared"]
