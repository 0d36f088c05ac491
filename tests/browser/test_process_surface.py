"""A running process as people hold it, in Python and JavaScript: module, files, clock and state; refusals by code."""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from mount_operations import PATIENCE
from page_code import in_page
from programs import compile_program
from wasmtime import wat2wasm

from aikernel_web.contracts.errors import KernelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aikernel_web.host import HostKernel, HostProcess

EVERYTHING = bytes(
    wat2wasm(
        """(module
  (import "env" "mix" (func $mix (param i32 f32) (result i64 f64)))
  (memory (export "memory") 1 3)
  (table (export "table") 2 8 funcref)
  (global (export "counter") (mut i64) (i64.const 7))
  (global (export "pi") f64 (f64.const 3.14))
  (global (export "where") i32 (i32.add (i32.const 1) (i32.const 2)))
  (func (export "nothing"))
  (func (export "v") (param v128 externref) (result funcref) (ref.null func))
  (func $start)
  (start $start)
  (export "again" (func $mix)))"""
    )
)
SHAPES = [
    ("memory", "memory", (), (), {"initial": 1, "maximum": 3, "shared": False}),
    ("table", "table", (), (), {"type": "ref", "initial": 2, "maximum": 8}),
    ("counter", "global", (), (), {"type": "i64", "mutable": True}),
    ("pi", "global", (), (), {"type": "f64", "mutable": False}),
    ("where", "global", (), (), {"type": "i32", "mutable": False}),
    ("nothing", "function", (), (), {}),
    ("v", "function", ("v128", "ref"), ("ref",), {}),
    ("again", "function", ("i32", "f32"), ("i64", "f64"), {}),
]
COUNTER = bytes(
    wat2wasm(
        """(module
  (memory (export "memory") 1 3)
  (global $count (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $count (i32.const 100)))
  (func (export "next") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (global.get $count)))"""
    )
)


def code_of(function: Callable[..., object], *args: Any, **options: Any) -> str:
    with pytest.raises(KernelError) as refused:
        function(*args, **options)
    return refused.value.code


def staying(kernel: HostKernel, module: bytes = COUNTER, **options: Any) -> HostProcess:
    return kernel.spawn(module, stay=True, timeout=PATIENCE, **options)


class TestModule:
    @pytest.mark.parametrize("memory_limit", [None, 1 << 20])
    def test_what_it_exports_is_told_with_types(self, kernel: HostKernel, memory_limit: int | None) -> None:
        process = staying(kernel, EVERYTHING, imports={"env.mix": lambda *_: [1, 2.0]}, memory_limit=memory_limit)
        exports = process.exports()
        told = ("type", "mutable", "initial", "maximum", "shared")
        for item, (name, kind, params, results, rest) in zip(exports, SHAPES, strict=True):
            assert (item.name, item.kind, item.params, item.results) == (name, kind, params, results)
            assert {key: getattr(item, key) for key in told if getattr(item, key) is not None} == rest
            assert item.module is None

    def test_what_it_imports_is_told_with_types(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("cat"), timeout=PATIENCE)
        read = next(item for item in process.imports() if item.name == "fd_read")
        assert (read.module, read.kind) == ("wasi_snapshot_preview1", "function")
        assert (read.params, read.results) == (("i32",) * 4, ("i32",))

    def test_memory_grows_up_to_its_maximum(self, kernel: HostKernel) -> None:
        process = staying(kernel)
        grow = process._call.control
        assert grow("memory.grow", 1) == 1
        assert process.memory.size == 2 << 16
        process.memory.write((2 << 16) - 4, b"last")
        assert code_of(grow, "memory.grow", 2) == "WASM_MEMORY_GROW_REFUSED"
        assert grow("memory.grow", 0) == 2
        for pages in (-1, 1.5, "1", None, 1 << 40):
            refused = code_of(grow, "memory.grow", pages)
            assert refused == ("WASM_MEMORY_GROW_REFUSED" if pages == 1 << 40 else "WASM_ARGUMENTS_INVALID")


class TestTime:
    def test_the_clock_is_read_moved_and_held(self, kernel: HostKernel) -> None:
        process = staying(kernel)
        time = process.time
        assert abs(time.now() - datetime.now(UTC)) < timedelta(minutes=5)
        time.set_mode("manual")
        before = time.now()
        assert time.advance(1.5) - before == timedelta(seconds=1.5)
        assert time.advance(timedelta(seconds=-1)) - before == timedelta(seconds=0.5)
        time.scale(2)
        assert time.advance(1) - before == timedelta(seconds=2.5)
        time.pause()
        assert time.advance(100) == time.now() == before + timedelta(seconds=2.5)
        state = time.state()
        assert (state.mode, state.paused, state.scale, state.next, state.waiting) == ("manual", True, 2.0, None, 0)
        assert state.now == before + timedelta(seconds=2.5)
        assert state.nanoseconds // 1000 == (state.now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        time.resume()
        assert (time.state().paused, time.step()) == (False, None)

    def test_a_step_wakes_who_sleeps(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("mount_ops"), timeout=PATIENCE, clock="manual")
        process.stdin.write("sleep|3600000\n")
        while process.time.state().waiting == 0:
            pass
        state = process.time.state()
        assert state.next is not None
        assert state.next - state.now == timedelta(hours=1)
        assert process.time.step() == state.next
        assert process.stdout.read_until(b"\n") == b"ok\n"

    @pytest.mark.parametrize(
        ("method", "argument", "code"),
        [
            ("scale", -1, "WASM_TIME_SCALE_NEGATIVE"),
            ("scale", float("nan"), "WASM_TIME_SCALE_NEGATIVE"),
            ("set_mode", "lunar", "WASM_TIME_MODE_INVALID"),
            ("advance", float("inf"), "WASM_TIME_RANGE_INVALID"),
            ("advance", 1e12, "WASM_TIME_RANGE_INVALID"),
        ],
    )
    def test_what_no_clock_does_is_refused(self, kernel: HostKernel, method: str, argument: Any, code: str) -> None:
        assert code_of(getattr(staying(kernel).time, method), argument) == code


class TestState:
    def test_a_program_goes_on_from_its_state(self, kernel: HostKernel) -> None:
        process = staying(kernel, files={"/f": b"saved"})
        assert process.call("next") == 101
        process.memory.write(10, b"kept")
        state = process.save_state()
        assert process.call("next") == 102
        process.memory.write(10, b"lost")
        process.fs.write("/f", b"later")
        process.restore_state(state)
        assert (process.memory.read(10, 4), process.fs.read("/f"), process.call("next")) == (b"kept", b"saved", 102)
        other = staying(kernel, state=state)
        assert (other.memory.read(10, 4), other.fs.read("/f"), other.call("next")) == (b"kept", b"saved", 102)

    def test_what_is_no_state_of_the_program_is_refused(self, kernel: HostKernel) -> None:
        process = staying(kernel)
        state = process.save_state()
        foreign = staying(kernel, EVERYTHING, imports={"env.mix": lambda *_: [1, 2.0]})
        assert code_of(foreign.restore_state, state) == "WASM_SAVE_STATE_FOREIGN"
        assert code_of(process.restore_state, state[:-1]) == "WASM_SAVE_STATE_DAMAGED"
        assert code_of(process.restore_state, b"no state") == "WASM_SAVE_STATE_INVALID"
        assert code_of(process.restore_state, b"") == "WASM_SAVE_STATE_REQUIRED"
        assert code_of(staying, kernel, state=state[:-1]) == "WASM_SAVE_STATE_DAMAGED"
        assert process.call("next") == 101


class TestTheEnd:
    def test_nothing_is_answered_for_a_program_that_has_ended(self, kernel: HostKernel) -> None:
        process = staying(kernel)
        state = process.save_state()
        process.kill()
        process.wait()
        for ask in (
            process.exports,
            process.imports,
            process.time.now,
            process.time.state,
            process.time.step,
            lambda: process.time.advance(1),
            process.save_state,
            lambda: process.restore_state(state),
        ):
            assert code_of(ask) == "WASM_PROCESS_ENDED"

    def test_a_killed_process_has_a_message(self, kernel: HostKernel) -> None:
        process = staying(kernel)
        process.kill()
        done = process.wait()
        assert (done.reason, done.code) == ("killed", "WASM_PROCESS_KILLED")
        assert "from outside" in done.message


class TestParameters:
    @pytest.mark.parametrize(
        ("method", "params", "code"),
        [
            ("process.memory.write", {"offset": 0, "bytes": "text"}, "WASM_ARGUMENTS_INVALID"),
            ("process.memory.write", {"offset": 0, "bytes": [1, 2]}, "WASM_ARGUMENTS_INVALID"),
            ("process.memory.write", {"offset": 0}, "WASM_ARGUMENTS_INVALID"),
            ("process.stdin", {"bytes": "text"}, "WASM_ARGUMENTS_INVALID"),
            ("process.stdin", {}, "WASM_ARGUMENTS_INVALID"),
            ("process.event", {"line": 5}, "WASM_ARGUMENTS_INVALID"),
            ("process.event", {}, "WASM_ARGUMENTS_INVALID"),
            ("process.input", {"bytes": "text"}, "WASM_ARGUMENTS_INVALID"),
            ("process.input", {"bytes": b"x" * 31}, "WASM_INPUT_RECORD_INCOMPLETE"),
            ("process.restoreState", {"state": "text"}, "WASM_ARGUMENTS_INVALID"),
            ("process.control", {"operation": "no.such"}, "WASM_OPERATION_UNKNOWN"),
            ("process.control", {"operation": "toString"}, "WASM_OPERATION_UNKNOWN"),
            ("process.mount", {"mount": {"path": "/m", "kind": "tape"}}, "WASM_MOUNT_INVALID"),
        ],
    )
    def test_what_is_of_another_type_is_refused_and_ends_nothing(
        self, kernel: HostKernel, method: str, params: dict[str, Any], code: str
    ) -> None:
        process = staying(kernel)
        assert code_of(process._call, method, **params) == code
        assert process.call("next") == 101


class TestInJavaScript:
    def test_files_are_the_pages_too(self, kernel: HostKernel) -> None:
        answer = in_page(
            kernel,
            """
            const process = await kernel.spawn("plain", bytes, { stay: true, files: { "/d/f": "text", "/g": "" } });
            const { fs } = process;
            await fs.write("/new/file", "made");
            await fs.write("/g", new Uint8Array([1, 2]));
            await fs.rename("/g", "/h");
            await fs.makeDirectory("/empty");
            await fs.mount("/m", { kind: "memory", files: { x: "mounted" } });
            const info = await fs.stat("/d/f");
            const tar = await fs.export("/d");
            const count = await fs.importArchive("/again", tar);
            await fs.delete("/d", { recursive: true });
            const codes = await Promise.all(["/no", "relative", "/again"].map((path) => codeOf(fs.read(path))));
            codes.push(await codeOf(fs.delete("/again")), await codeOf(fs.mount("/m", { kind: "memory" })));
            const answer = {
              count, codes, list: await fs.list(),
              read: text(await fs.read("/again/f")), mounted: text(await fs.read("/m/x")),
              entries: (await fs.entries()).map((at) => [at.name, at.kind, at.size, at.modified instanceof Date]),
              info: [info.path, info.kind, info.size, info.links, info.target, info.modified.getUTCFullYear() > 2020],
              quota: await fs.quota(),
              formats: (await Promise.all(["tar.gz", "zip"].map((as) => fs.export("/", as)))).length,
            };
            await process.kill();
            await process.exit;
            codes.push(await codeOf(fs.list()));
            return answer;""",
            module=COUNTER,
        )
        assert answer["list"] == ["/again/f", "/h", "/m/x", "/new/file"]
        assert (answer["read"], answer["mounted"], answer["count"], answer["formats"]) == ("text", "mounted", 1, 2)
        assert answer["codes"] == [
            *("WASM_FILE_NOT_FOUND", "WASM_PATH_INVALID", "WASM_FILE_IS_DIRECTORY", "WASM_DIRECTORY_NOT_EMPTY"),
            *("WASM_MOUNT_BUSY", "WASM_PROCESS_ENDED"),
        ]
        assert answer["entries"][0] == ["again", "directory", 4096, True]
        assert answer["info"] == ["/d/f", "file", 4, 1, None, True]
        assert answer["quota"] == {"bytes": 17, "bytesLimit": 1 << 30, "files": 9, "filesLimit": 1_000_000}

    def test_a_directory_of_the_users_is_mounted_while_the_program_runs(self, kernel: HostKernel) -> None:
        answer = in_page(
            kernel,
            """
            const root = await navigator.storage.getDirectory();
            const handle = await root.getDirectoryHandle("handed-over", { create: true });
            const writable = await (await handle.getFileHandle("f", { create: true })).createWritable();
            await writable.write("the user's");
            await writable.close();
            const process = await kernel.spawn("plain", bytes, { stay: true });
            await process.fs.mount("/user", { kind: "directory", handle });
            const before = text(await process.fs.read("/user/f"));
            await process.fs.write("/user/f", "the program's");
            const after = text(await process.fs.read("/user/f"));
            const kept = await (await (await handle.getFileHandle("f")).getFile()).text();
            await process.kill();
            await root.removeEntry("handed-over", { recursive: true });
            return [before, after, kept];""",
            module=COUNTER,
        )
        assert answer == ["the user's", "the program's", "the user's"]

    def test_the_clock_and_the_module_are_too(self, kernel: HostKernel) -> None:
        answer = in_page(
            kernel,
            """
            const process = await kernel.spawn("plain", bytes, { stay: true });
            const { time } = process;
            await time.setMode("manual");
            const before = await time.now();
            const after = await time.advance(1.5);
            await time.pause();
            await time.scale(3);
            const state = await time.state();
            const whole = state.nanoseconds / 1_000_000n === BigInt(after.getTime());
            await time.resume();
            const wrong = [time.scale(-1), time.advance(NaN), time.setMode("x")];
            const codes = await Promise.all(wrong.map(codeOf));
            const named = (await process.exports()).map((item) => [item.name, item.kind, item.params, item.results]);
            const answer = [after - before, state.mode, state.paused, state.scale, state.next, state.waiting, whole,
              await time.step(), codes, named, await process.imports()];
            await process.kill();
            return answer;""",
            module=COUNTER,
        )
        codes = ["WASM_TIME_SCALE_NEGATIVE", "WASM_TIME_RANGE_INVALID", "WASM_TIME_MODE_INVALID"]
        assert answer[:-2] == [1500, "manual", True, 3, None, 0, True, None, codes]
        names = [("memory", "memory", []), ("_initialize", "function", []), ("next", "function", ["i32"])]
        assert answer[-2:] == [[[name, kind, [], results] for name, kind, results in names], []]

    def test_a_state_is_saved_and_started_from(self, kernel: HostKernel) -> None:
        answer = in_page(
            kernel,
            """
            const first = await kernel.spawn("plain", bytes, { stay: true });
            await first.call("next");
            const state = await first.saveState();
            await first.call("next");
            await first.restoreState(state);
            const second = await kernel.spawn("plain", bytes, { stay: true, state });
            const codes = [await codeOf(first.restoreState(state.slice(1))), await codeOf(first.restoreState("text"))];
            const answer = [state instanceof Uint8Array, await first.call("next"), await second.call("next"), ...codes];
            await Promise.all([first.kill(), second.kill()]);
            return answer;""",
            module=COUNTER,
        )
        assert answer == [True, 102, 102, "WASM_SAVE_STATE_DAMAGED", "WASM_ARGUMENTS_INVALID"]

    def test_an_unknown_option_is_refused(self, kernel: HostKernel) -> None:
        answer = in_page(
            kernel,
            """
            const codes = [];
            for (const option of ["memorylimit", "arguments", "timeOut", "preopens", "id"]) {
              codes.push(await codeOf(kernel.spawn("plain", bytes, { [option]: 1 })));
              codes.push(await codeOf(kernel.run("plain", bytes, { [option]: 1 })));
            }
            return codes;""",
        )
        assert answer == ["WASM_OPTION_UNKNOWN"] * 10
        assert kernel.processes() == []

    def test_pictures_and_sound_have_their_bytes_under_both_names(self, kernel: HostKernel) -> None:
        answer = in_page(
            kernel,
            """
            const process = await kernel.spawn("draw", bytes, { args: given.script, stdin: "" });
            await process.exit;
            const [frame, audio] = [await process.frame(), await process.audio()];
            return [frame.data === frame.bytes, [...frame.data], audio.data === audio.bytes, audio.data.length];""",
            module=compile_program("dev_script").read_bytes(),
            script=[
                *(
                    "open /dev/fb/ctl w",
                    r"write 3 size 1 1\n",
                    "open /dev/fb/data w",
                    "write 4 abcd",
                    r"write 3 present\n",
                ),
                *("open /dev/audio/ctl w", r"write 5 rate 8000\n", "open /dev/audio/data w", "write 6 01234567"),
            ],
        )
        assert answer == [True, [97, 98, 99, 100], True, 8]


def test_what_python_gives_of_another_type_ends_no_program(kernel: HostKernel) -> None:
    module = wat2wasm('(module (memory (export "memory") 1) (func (export "_initialize")))')
    code = f"""
from aikernel_web import KernelError, WasmProcessOptions
options = WasmProcessOptions(module_bytes=bytes.fromhex("{module.hex()}"), stay=True)
process = await kernel.processes.create_process("plain", options)
await process.start()
context = kernel.runtime.create_context()
await context.load_module(options.module_bytes)
context.instantiate()
codes = []
for give, value in ((process.program.write_stdin, "text"), (process.program.send_event, 5),
                    (context._guest.instance.write_stdin, "text"), (context.send_event, 5)):
    try:
        give(value)
    except KernelError as error:
        codes.append(error.code)
codes += [await process.memory_size(), context.memory_size]
context.dispose()
await process.stop()
codes
"""
    assert kernel.python(code) == [*["WASM_ARGUMENTS_INVALID"] * 4, 65536, 65536]


def test_an_archive_of_the_page_is_read_by_python(kernel: HostKernel) -> None:
    process = staying(kernel, files={"/f": b"x"})
    with tarfile.open(fileobj=io.BytesIO(process.fs.export())) as archive:
        assert archive.getnames() == ["f"]
