"""Where our own files are: in a checkout beside the package, in an installed package inside it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.metadata import metadata
from pathlib import Path

from aikernel_web.host.errors import HostError

_PACKAGE = Path(__file__).resolve().parents[2]  # aikernel_web/
_IGNORED_FOLDERS = frozenset({"__pycache__", "vendor", "wheels", "node_modules"})
_NOT_SERVED = frozenset({"tsconfig.json"})


@dataclass(frozen=True, slots=True)
class Sources:
    """The files the site is made of; ``checkout`` is the repository's root, or None in an installed package."""

    package: Path
    static: Path
    index: Path
    checkout: Path | None

    def served(self) -> dict[str, Path]:
        """Return the files that go into the site as they are: place in the site -> file."""
        files = {"index.html": self.index}
        for path in sorted(self.static.rglob("*")):
            parts = path.relative_to(self.static).parts
            hidden = any(part.startswith(".") or part in _IGNORED_FOLDERS for part in parts)
            if not hidden and path.name not in _NOT_SERVED and path.is_file():
                files["/".join(("static", *parts))] = path
        return files


@dataclass(frozen=True, slots=True)
class Project:
    """What the browser's wheel says about itself."""

    name: str
    version: str
    summary: str
    licence: str
    requires_python: str


def find_sources(package: Path = _PACKAGE) -> Sources:
    """Return where the sources are.

    Raises:
        HostError: SITE_SOURCE_MISSING.
    """
    root = package.parent
    if (root / "pyproject.toml").is_file() and (root / "static").is_dir():
        sources = Sources(package, root / "static", root / "index.html", root)
    else:
        inside = package / "host" / "site" / "sources"
        sources = Sources(package, inside / "static", inside / "index.html", None)
    if not (sources.index.is_file() and sources.static.is_dir()):
        raise HostError.explain(
            "The sources of the site are missing.",
            why=f"{sources.index} and {sources.static} should be there.",
            advice="install aikernel-web again from a wheel, or start from a complete checkout.",
            code="SITE_SOURCE_MISSING",
        )
    return sources


def project_of(sources: Sources) -> Project:
    """Return the project's own words about itself: from pyproject.toml, or from the installed package."""
    if sources.checkout is not None:
        facts = tomllib.loads((sources.checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return Project(
            facts["name"], facts["version"], facts["description"], facts["license"], facts["requires-python"]
        )
    facts = metadata("aikernel-web")
    return Project(
        facts["Name"], facts["Version"], facts["Summary"], facts["License-Expression"], facts["Requires-Python"]
    )
