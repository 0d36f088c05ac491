"""Python for the kernel's own interpreter, with modules at hand and instances in its own thread."""

from __future__ import annotations

import base64
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

PRELUDE = """
import base64
from aikernel_web.contracts.engine import ClockSpec, ProcessSpec, TreeEntry
from aikernel_web.contracts.errors import KernelError
from aikernel_web.runtime.imports import Imports

made = []

async def make(module, imports=None, *, memory_limit=None, args=("program",), **spec):
    compiled = await kernel.engine.compile(module, memory_limit=memory_limit)
    offered = None if imports is None else Imports(imports)
    instance = compiled.instantiate(ProcessSpec(b"", args, imports=offered, **spec))
    made.append(instance)
    return instance

def code_of(function, *args):
    try:
        function(*args)
    except KernelError as error:
        return error.code

async def later_code_of(awaitable):
    try:
        await awaitable
    except KernelError as error:
        return error.code
"""


def inline(kernel: HostKernel, body: str, *, prelude: str = PRELUDE, **modules: bytes) -> Any:
    """Run ``body`` in the kernel and return what it assigned to ``result``; it disposes what is in ``made``.

    The prelude makes that list, and says how it is filled. Each module is there under its name, as bytes.
    """
    encoded = "\n".join(
        f'{name} = base64.b64decode("{base64.b64encode(module).decode()}")' for name, module in modules.items()
    )
    code = f"""
{prelude}
{encoded}
result = None
try:
{textwrap.indent(textwrap.dedent(body), "    ")}
finally:
    for instance in made:
        instance.dispose()
result
"""
    return kernel.python(code)
