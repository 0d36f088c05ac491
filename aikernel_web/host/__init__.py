"""The host side, on CPython: a kernel in a headless browser, its site, its server, pytest fixtures and ``aik``.

from aikernel_web.host import launch

with launch() as kernel:
    print(kernel.run("prog.wasm").stdout)
"""

from __future__ import annotations

from .errors import HostError
from .kernel import HostKernel
from .launch import launch
from .process import CompletedProcess, HostProcess

__all__ = ["CompletedProcess", "HostError", "HostKernel", "HostProcess", "launch"]
