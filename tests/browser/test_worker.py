"""The workers below the programs: used again and leaving nothing, dying, and without JavaScript Promise Integration."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from programs import compile_program
from wasmtime import wat2wasm

from aikernel_web.contracts.errors import KernelError
from aikernel_web.host import launch
from aikernel_web.host.site import build_site

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

PATIENCE = 60
"""Seconds after which a run that should have ended long ago counts as hanging."""
TOO_MANY_WORKERS = 12
"""More than the reserve and the kernel's own: what is left when workers are not given back."""

WITHOUT_JSPI = """
delete WebAssembly.Suspending;
addEventListener("message", (event) => {
  const { data } = event;
  if (data.type !== "call" || data.name !== "close the worker") return;
  event.stopImmediatePropagation();
  close();
});
"""


@pytest.fixture(scope="module")
def plain_session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostKernel]:
    """A kernel whose process workers have no JSPI, and close when they are asked to."""
    site = tmp_path_factory.mktemp("plain") / "site"
    shutil.copytree(build_site(), site)
    worker = site / "static/process/worker.mjs"
    worker.write_text(WITHOUT_JSPI + worker.read_text())
    shared = request.getfixturevalue("playwright") if request.config.pluginmanager.hasplugin("playwright") else None
    with launch(site=site, playwright=shared) as kernel:
        yield kernel


@pytest.fixture
def plain(plain_session: HostKernel) -> HostKernel:
    plain_session.reset()
    return plain_session


class TestReuse:
    """Programs run in the workers of others; a second run must be as the first."""

    def test_files_are_gone(self, kernel: HostKernel) -> None:
        for _ in range(6):
            done = kernel.run(compile_program("files"), timeout=PATIENCE)
            assert done.exit_code == 0
            assert set(done.files()) == {"/renamed.txt"} or done.files()
            assert kernel.run(compile_program("tree"), timeout=PATIENCE).files() == {}

    def test_input_is_gone(self, kernel: HostKernel) -> None:
        for i in range(6):
            kernel.run(compile_program("exit_code"), ["0"], stdin=b"left over " * 1000, timeout=PATIENCE)
            assert kernel.run(compile_program("cat"), stdin=b"%d" % i, timeout=PATIENCE).stdout == b"%d" % i

    def test_arguments_and_environment_are_gone(self, kernel: HostKernel) -> None:
        for _ in range(4):
            kernel.run(compile_program("args"), ["secret"], env={"SECRET": "1"}, timeout=PATIENCE)
            assert b"secret" not in kernel.run(compile_program("args"), timeout=PATIENCE).stdout
            assert b"SECRET" not in kernel.run(compile_program("environment"), timeout=PATIENCE).stdout

    def test_imports_are_gone(self, kernel: HostKernel) -> None:
        module = wat2wasm('(module (import "host" "f" (func $f)) (func (export "_start") (call $f)))')
        for _ in range(4):
            assert kernel.run(module, imports={"host.f": lambda: None}, timeout=PATIENCE).exit_code == 0
            assert kernel.run(module, timeout=PATIENCE).reason == "link"

    def test_output_limits_and_counters_begin_anew(self, kernel: HostKernel) -> None:
        counts = [kernel.run(compile_program("streams"), output_limit=100, timeout=PATIENCE).counters for _ in range(6)]
        assert {tuple(sorted((k, v) for k, v in c.items() if k.startswith(("fd_", "output_b")))) for c in counts} == {
            tuple(sorted((k, v) for k, v in counts[0].items() if k.startswith(("fd_", "output_b"))))
        }

    def test_options_are_each_programs_own(self, kernel: HostKernel) -> None:
        for _ in range(3):
            assert kernel.run(compile_program("streams"), trace=True, timeout=PATIENCE).trace
            assert kernel.run(compile_program("streams"), timeout=PATIENCE).trace == ()
            limited = kernel.run(wat2wasm("(module (memory 2))"), memory_limit=65536, timeout=PATIENCE)
            assert limited.reason == "memory"
            assert kernel.run(wat2wasm("(module (memory 2))"), timeout=PATIENCE).reason == "exited"

    @pytest.mark.parametrize(
        "before", ["trap_abort", "trap_recursion", "plain_missing", "killed while it waits", "killed while it runs"]
    )
    def test_every_end_leaves_a_working_pool(self, kernel: HostKernel, before: str) -> None:
        for i in range(4):
            if before.startswith("killed"):
                process = kernel.spawn(compile_program("sums" if before.endswith("waits") else "spin"))
                process.stdout.read_until(b"> " if before.endswith("waits") else b"\n")
                process.kill()
                process.wait(timeout=PATIENCE)
            else:
                kernel.run(compile_program(before), timeout=PATIENCE)
            assert kernel.run(compile_program("exit_code"), [str(i)], timeout=PATIENCE).exit_code == i

    def test_many_programs_at_once_each_have_their_own(self, kernel: HostKernel) -> None:
        results: dict[int, bytes] = {}

        def run(i: int) -> None:
            results[i] = kernel.run(compile_program("cat"), stdin=b"%d" % i, timeout=PATIENCE).stdout

        threads = [threading.Thread(target=run, args=(i,)) for i in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == {i: b"%d" % i for i in range(24)}

    def test_workers_are_given_back(self, kernel: HostKernel) -> None:
        module = compile_program("empty")
        for _ in range(150):
            assert kernel.run(module, timeout=PATIENCE).reason == "exited"
        for _ in range(10):
            kernel.run(compile_program("trap_division"), timeout=PATIENCE)
        session = kernel.page.context.browser.new_browser_cdp_session()  # type: ignore[union-attr]
        targets = session.send("Target.getTargets", {"filter": [{}]})["targetInfos"]
        session.detach()
        assert sum(target["type"] == "worker" for target in targets) < TOO_MANY_WORKERS


class TestDeath:
    def test_a_worker_that_closes_ends_its_process(self, plain: HostKernel) -> None:
        process = plain.spawn(wat2wasm('(module (func (export "f")))'), stay=True)
        with pytest.raises(KernelError) as ended:
            process.call("close the worker")
        assert ended.value.code == "WASM_PROCESS_ENDED"
        done = process.wait(timeout=PATIENCE)
        assert (done.reason, done.exit_code, done.code) == ("trapped", 134, "WASM_WORKER_FAILED")
        assert plain.run(compile_program("exit_code"), ["4"], timeout=PATIENCE).exit_code == 4


class TestWithoutJspi:
    def test_a_program_with_its_input_runs_to_its_end(self, plain: HostKernel) -> None:
        assert plain.run(compile_program("cat"), stdin=b"all of it", timeout=PATIENCE).stdout == b"all of it"
        assert plain.run(compile_program("files"), timeout=PATIENCE).exit_code == 0
        assert plain.run(compile_program("flood"), timeout=PATIENCE).reason == "exited"

    def test_sleeping_works_where_the_thread_may_stand_still(self, plain: HostKernel) -> None:
        done = plain.run(compile_program("nap"), ["50"], timeout=PATIENCE)
        assert (done.stdout, done.reason) in [(b"asleep\nawake\n", "exited"), (b"asleep\n", "trapped")]

    def test_a_deterministic_program_does_what_it_does_elsewhere(self, plain: HostKernel, kernel: HostKernel) -> None:
        runs = [
            host.run(compile_program("process/alike"), deterministic=True, timeout=PATIENCE) for host in (plain, kernel)
        ]
        assert [run.exit_code for run in runs] == [0, 0]
        assert runs[0].stdout == runs[1].stdout
        assert [line.text for line in runs[0].lines] == [line.text for line in runs[1].lines]

    def test_reading_what_is_not_there_yet_is_refused_by_code(self, plain: HostKernel) -> None:
        done = plain.spawn(compile_program("cat")).wait(timeout=PATIENCE)
        assert (done.reason, done.exit_code, done.code) == ("trapped", 134, "WASM_SUSPENSION_UNAVAILABLE")
        assert "fd_read" in done.message

    def test_functions_of_the_host_are_refused_when_they_are_called(self, plain: HostKernel) -> None:
        module = wat2wasm("""(module
          (import "host" "ask" (func $ask (param i32) (result i32)))
          (func (export "ask") (result i32) (call $ask (i32.const 1)))
          (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))""")
        process = plain.spawn(module, stay=True, imports={"host.ask": lambda value: value})
        assert process.call("add", 2, 3) == 5
        with pytest.raises(KernelError, match=r"host\.ask") as refused:
            process.call("ask")
        assert refused.value.code == "WASM_SUSPENSION_UNAVAILABLE"
        assert process.wait(timeout=PATIENCE).code == "WASM_SUSPENSION_UNAVAILABLE"

    def test_exports_memory_and_limits_need_no_jspi(self, plain: HostKernel) -> None:
        module = wat2wasm("""(module
          (memory (export "memory") 1)
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
          (func (export "_start") (i32.store8 (i32.const 0) (i32.const 65))))""")
        process = plain.spawn(module, stay=True, memory_limit=2 * 65536)
        assert process.memory.read(0, 1) == b"A"
        assert [process.call("grow", 1), process.call("grow", 1)] == [1, -1]
        assert process.terminate(grace=PATIENCE).exit_code == 143

    def test_traps_exits_and_kills_are_told(self, plain: HostKernel) -> None:
        assert plain.run(compile_program("exit_code"), ["6"], timeout=PATIENCE).exit_code == 6
        trapped: Any = plain.run(compile_program("trap_call"), timeout=PATIENCE)
        assert (trapped.reason, bool(trapped.stack)) == ("trapped", True)
        assert plain.run(compile_program("spin"), timeout=1).reason == "timeout"

    def test_calls_are_told(self, plain: HostKernel) -> None:
        done = plain.run(compile_program("streams"), trace=True, timeout=PATIENCE)
        assert [call.name for call in done.trace].count("fd_write") == 8
        assert done.counters["fd_write"] == 8
