"""What the README says of GPU compute, run as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from aikernel_web.host import HostKernel

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.M | re.S)


def blocks() -> list[tuple[str, str]]:
    """The section's code, each with what it prints."""
    section = README.read_text(encoding="utf-8").partition("\n## GPU compute\n")[2].partition("\n## ")[0]
    return BLOCK.findall(section)


def is_for_the_host(code: str) -> bool:
    return "asyncio.run(" in code


def test_the_pages_code_prints_what_is_said(kernel: HostKernel) -> None:
    found = []
    for code, _ in blocks():
        if is_for_the_host(code):
            continue
        kernel.python("import io, sys\nsys.stdout = printed = io.StringIO()")
        try:
            kernel.python(f"{code}\nNone")
        finally:
            found.append(kernel.python("sys.stdout = sys.__stdout__\nprinted.getvalue()"))
    assert found == [text for code, text in blocks() if not is_for_the_host(code)]
    assert len(found) >= 5


def test_the_hosts_code_prints_what_is_said() -> None:
    ((code, text),) = [block for block in blocks() if is_for_the_host(block[0])]
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (ran.returncode, ran.stdout) == (0, text), ran.stderr
