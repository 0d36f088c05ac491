"""The host side, on CPython: a kernel in a headless browser, its site, its server, pytest fixtures and ``aik``.

from aikernel_web.host import launch

with launch() as kernel:
    print(kernel.run("prog.wasm").stdout)
"""

from __future__ import annotations

from ..contracts.clocks import ClockState
from ..contracts.engine import ClockSpec, Quota
from ..contracts.files import DirectoryEntry, FileInfo, FileQuota
from ..contracts.imports import ClockImport
from ..contracts.modules import ModuleItem
from ..contracts.observation import AudioBlock, Frame, OutputLine, TraceCall
from .errors import HostError
from .imports import with_process
from .kernel import HostKernel
from .launch import launch
from .mounts import Archive, Memory, Persistent, ReadOnly
from .process import CompletedProcess, HostProcess

__all__ = [
    "Archive",
    "AudioBlock",
    "ClockImport",
    "ClockSpec",
    "ClockState",
    "CompletedProcess",
    "DirectoryEntry",
    "FileInfo",
    "FileQuota",
    "Frame",
    "HostError",
    "HostKernel",
    "HostProcess",
    "Memory",
    "ModuleItem",
    "OutputLine",
    "Persistent",
    "Quota",
    "ReadOnly",
    "TraceCall",
    "launch",
    "with_process",
]
