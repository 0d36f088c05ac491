"""The site: what the browser loads, put together from our sources and from packages that are pinned by their hashes.

`build_site` is all that the rest of the host needs. The work is split by concern:

    packages   every pinned download, in one table
    cache      the folder outside the tree where verified downloads stay
    tools      starting other programs;  node, npm, pypi, fetch: the four ways to get a file
    sources    where our own files are
    wheel      the browser's wheel of aikernel_web;  lock: what Pyodide installs;  programs: the sample programs
    assemble   writing the site's folder
    builder    the order of all this
    distribution, commands: what build.py calls
"""

from __future__ import annotations

from aikernel_web.host.site.builder import build_site

__all__ = ["build_site"]
