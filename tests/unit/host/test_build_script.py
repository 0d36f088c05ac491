"""build.py without an environment: what it decides before it hands over."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from aikernel_web.host.site.commands import COMMANDS, main

SCRIPT = Path(__file__).parents[3] / "build.py"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """build.py as a module, at work in a folder of its own."""
    spec = importlib.util.spec_from_file_location("build_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv" / "python")
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / "stamp.json")
    return module


def stamp(script: ModuleType, *extras: str) -> None:
    script.VENV.mkdir(exist_ok=True)
    script.PYTHON.touch()
    script.STAMP.write_text(json.dumps({"fingerprint": script.fingerprint(), "extras": extras}))


def test_the_stamp_holds_until_the_project_file_changes(script: ModuleType) -> None:
    assert script.standing_extras() == set()
    stamp(script, "host")
    assert script.standing_extras() == {"host"}
    (script.ROOT / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    assert script.standing_extras() == set()


def test_a_stamp_without_its_python_or_with_nonsense_counts_for_nothing(script: ModuleType) -> None:
    stamp(script, "host")
    script.PYTHON.unlink()
    assert script.standing_extras() == set()
    stamp(script, "host")
    script.STAMP.write_text("{")
    assert script.standing_extras() == set()


def test_a_standing_environment_is_used_at_once(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[set[str]] = []
    monkeypatch.setattr(script, "make_environment", made.append)
    monkeypatch.setattr(script, "hand_over", len)
    stamp(script, "host")
    assert script.main(["run", "prog.wasm", "--flag"]) == 3
    assert made == []
    assert script.main(["test"]) == 1
    assert made == [{"host", "native", "test"}]


def test_a_python_without_ensurepip_is_told_what_to_install(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())
    assert script.main(["build"]) == 1
    assert f"apt-get install python3.{sys.version_info[1]}-venv" in capsys.readouterr().err
    assert not script.VENV.exists()


def test_an_old_python_is_refused(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "OLDEST", (4, 0))
    assert script.main(["build"]) == 1
    assert "Python 4.0 or newer is needed" in capsys.readouterr().err


def test_an_environment_that_cannot_be_made_leaves_nothing(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        script.VENV.mkdir()
        (script.VENV / "half").touch()
        return subprocess.CompletedProcess(command, 1, stdout="No space left on device")

    monkeypatch.setattr(script.subprocess, "run", fail)
    assert script.main(["build"]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert not script.VENV.exists()


def test_help_names_every_command_and_a_wrong_one_fails() -> None:
    asked = subprocess.run([sys.executable, SCRIPT, "--help"], capture_output=True, text=True, check=False)
    assert asked.returncode == 0
    wrong = subprocess.run([sys.executable, SCRIPT, "nonsense"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    for command in [*COMMANDS, "setup"]:
        assert f"  {command} " in asked.stdout
        assert f"  {command} " in wrong.stderr


def test_the_script_needs_the_standard_library_only() -> None:
    """Isolated and without site-packages: what a fresh machine has."""
    done = subprocess.run([sys.executable, "-I", "-S", SCRIPT, "--help"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_wrong_command_behind_the_script_fails_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "serve" in capsys.readouterr().err
