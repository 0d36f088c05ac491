from __future__ import annotations

import re
from pathlib import Path

from aikernel_web.contracts.errors import KernelError, error_code_of
from aikernel_web.host import errors
from aikernel_web.host.errors import HostError


def test_an_explained_error_says_what_why_and_what_to_do() -> None:
    error = HostError.explain("It broke.", why="it was old.", advice="buy a new one.", code="SITE_TOOL_FAILED")
    assert isinstance(error, KernelError)
    assert error.code == "SITE_TOOL_FAILED"
    assert error_code_of(str(error)) == "SITE_TOOL_FAILED"
    for part in ("It broke.", "it was old.", "buy a new one."):
        assert part in str(error)


def test_every_code_of_the_site_and_the_server_is_in_the_list() -> None:
    host = Path(errors.__file__).parent
    used = set()
    for file in [*(host / "site").glob("*.py"), host / "server.py", host / "browser.py"]:
        used |= set(re.findall(r'code="([A-Z_]+)"', file.read_text(encoding="utf-8")))
    assert used
    listed = set(re.findall(r"\b(?:SITE|BROWSER)_[A-Z_]+", errors.__doc__ or ""))
    assert used <= listed
