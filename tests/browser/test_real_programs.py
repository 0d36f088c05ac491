"""QuickJS, jq and esbuild, as they come from the registry, do in the browser what they do on wasmtime."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from programs.expectations import ARGV0, REAL_CASES, Case
from registry import registry_program

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

PATIENCE = 120


@pytest.mark.parametrize("case", REAL_CASES, ids=lambda case: case.id)
def test_a_real_program_does_what_it_does_on_wasmtime(kernel: HostKernel, case: Case) -> None:
    case.check(
        kernel.run(
            registry_program(case.program),
            args=case.args,
            env=case.env,
            stdin=case.stdin,
            files=case.files,
            argv0=ARGV0,
            timeout=PATIENCE,
        )
    )


def test_jq_answers_a_large_document(kernel: HostKernel) -> None:
    document = [{"number": i, "text": "x" * (i % 50)} for i in range(50_000)]
    done = kernel.run(
        registry_program("jq"),
        args=["-c", "[length, (map(.number) | add), (map(.text | length) | add)]"],
        stdin=json.dumps(document).encode(),
        timeout=PATIENCE,
    )
    assert (done.exit_code, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == [50_000, sum(range(50_000)), sum(i % 50 for i in range(50_000))]


def test_jq_reads_what_is_written_while_it_runs(kernel: HostKernel) -> None:
    process = kernel.spawn(registry_program("jq"), args=["-c", ".a + 1"])
    for piece in (b'{"a"', b": 41", b"}", b"\n"):
        process.stdin.write(piece)
    process.stdin.close()
    done = process.wait(timeout=PATIENCE)
    assert (done.exit_code, done.stdout, done.stderr) == (0, b"42\n", b"")


def test_quickjs_in_an_endless_loop_is_killed_at_once(kernel: HostKernel) -> None:
    process = kernel.spawn(
        registry_program("quickjs"), args=["/loop.js"], files={"/loop.js": b'print("looping");\nfor (;;) {}\n'}
    )
    assert process.stdout.read_until(b"\n") == b"looping\n"
    asked = time.monotonic()
    process.kill()
    assert process.wait(timeout=PATIENCE).reason == "killed"
    assert time.monotonic() - asked < 5


def test_esbuild_bundles_a_mounted_folder(kernel: HostKernel, tmp_path: Path) -> None:
    modules = tmp_path / "node_modules" / "greeter"
    modules.mkdir(parents=True)
    (modules / "package.json").write_text('{"name": "greeter", "main": "index.js"}')
    (modules / "index.js").write_text("exports.greet = (name) => `hi ${name}`;\n")
    (tmp_path / "app.mjs").write_text('import { greet } from "greeter";\nprint(greet(args[1]));\n')
    esbuild = kernel.run(
        registry_program("esbuild"),
        args=["/app.mjs", "--bundle", "--log-level=warning", "--outfile=/dist/app.js"],
        mounts={"/": tmp_path},
        timeout=PATIENCE,
    )
    assert (esbuild.exit_code, esbuild.stderr) == (0, b"")
    bundle = esbuild.files("/dist")
    assert list(bundle) == ["/dist/app.js"]
    quickjs = kernel.run(registry_program("quickjs"), args=["/dist/app.js", "you"], files=bundle, timeout=PATIENCE)
    assert (quickjs.exit_code, quickjs.stdout, quickjs.stderr) == (0, b"hi you\n", b"")
    assert not (tmp_path / "dist").exists()
