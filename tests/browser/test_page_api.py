"""The kernel as a page holds it: static/aikernel.mjs, called by the page's own JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import page_code
import pytest
import wasmtime
from programs import compile_program

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

MODULE = bytes(
    wasmtime.wat2wasm(
        """(module
  (import "env" "mix" (func $mix (param i32 i64) (result i64)))
  (import "env" "show" (func $show (param i32 i32)))
  (memory (export "memory") 1 4)
  (data (i32.const 16) "hello")
  (func (export "go") (param i64) (result i64) (call $mix (i32.const -1) (local.get 0)))
  (func (export "say") (call $show (i32.const 16) (i32.const 5))))"""
    )
)


def in_page(kernel: HostKernel, body: str, *, module: bytes = MODULE, **given: Any) -> Any:
    return page_code.in_page(kernel, body, module=module, **given)


class TestImportsAndExports:
    def test_functions_of_the_page_answer_with_exact_integers(self, kernel: HostKernel) -> None:
        answer = in_page(
            kernel,
            """
            const taken = [];
            const mix = (small, wide) => (taken.push(String(small), String(wide)), wide + 1n);
            const imports = { env: { mix, show() {} } };
            const process = await kernel.spawn("plain", bytes, { imports, stay: true });
            const result = await process.call("go", 2n ** 62n);
            await process.kill();
            return [...taken, typeof result, String(result), (await process.exit).reason];""",
        )
        assert answer == ["-1", str(2**62), "bigint", str(2**62 + 1), "killed"]

    def test_an_import_may_take_its_time_and_read_memory(self, kernel: HostKernel) -> None:
        answer = in_page(
            kernel,
            """
            const said = [];
            const imports = { env: { mix: () => 0n, async show(pointer, length) {
              said.push(text(await this.memory.read(pointer, length)));
              await this.memory.write(pointer, new TextEncoder().encode("HELLO"));
            } } };
            const process = await kernel.spawn("plain", bytes, { imports, stay: true });
            await process.call("say");
            await process.call("say");
            const size = await process.memory.size();
            await process.kill();
            return [...said, size];""",
        )
        assert answer == ["hello", "HELLO", 65_536]

    def test_what_an_import_throws_ends_the_program_and_says_so(self, kernel: HostKernel) -> None:
        answer = in_page(
            kernel,
            """
            const imports = { env: { mix: () => 0n, show() { throw new Error("no way"); } } };
            const process = await kernel.spawn("plain", bytes, { imports, stay: true });
            const code = await codeOf(process.call("say"));
            const exit = await process.exit;
            return [code, exit.code, exit.message.includes("no way")];""",
        )
        assert answer == ["WASM_IMPORT_FAILED", "WASM_IMPORT_FAILED", True]

    def test_what_cannot_be_asked_is_refused_by_code(self, kernel: HostKernel) -> None:
        answer = in_page(
            kernel,
            """
            const imports = { env: { mix: () => 0n, show() {} } };
            const process = await kernel.spawn("plain", bytes, { imports, stay: true });
            const codes = [await codeOf(process.call("nobody")), await codeOf(process.memory.read(65536, 1))];
            const exit = await process.terminate(0);
            return [...codes, await codeOf(process.call("say")), exit.reason];""",
        )
        assert answer == ["WASM_EXPORT_NOT_FOUND", "WASM_MEMORY_RANGE_INVALID", "WASM_PROCESS_ENDED", "killed"]

    def test_a_call_on_this_of_an_import_runs_within_it_and_others_later(self, kernel: HostKernel) -> None:
        answer = in_page(
            kernel,
            """
            const said = [];
            let kept;
            const { promise: asked, resolve: ask } = Promise.withResolvers();
            const { promise: outside, resolve: called } = Promise.withResolvers();
            const imports = { env: { mix: () => 0n, async show(pointer, length) {
              if (kept === undefined) {
                kept = this;
                said.push("first", String(await this.call("go", 1n)), [this.id === process.id, this === process]);
              } else {
                ask();
                await outside;
                said.push("second", String(await this.call("go", 2n)));
              }
            } } };
            const process = await kernel.spawn("plain", bytes, { imports, stay: true });
            await process.call("say");
            const saying = process.call("say");
            await asked;
            const call = (name, by) => by.call("go", 3n).then(() => said.push(name));
            const calls = [call("outside", process), call("kept", kept)];
            await process.memory.size(); // what was sent before has arrived
            called();
            await Promise.all([saying, ...calls]);
            await process.kill();
            return said;""",
        )
        assert answer == ["first", "0", [True, False], "second", "0", "outside", "kept"]


class TestMounts:
    def test_each_kind_is_there_under_its_path(self, kernel: HostKernel) -> None:
        answer = in_page(
            kernel,
            """
            const root = await navigator.storage.getDirectory();
            const handle = await root.getDirectoryHandle("handed-over", { create: true });
            const file = await handle.getFileHandle("h.txt", { create: true });
            const writer = await file.createWritable();
            await writer.write("handed over");
            await writer.close();
            const done = await kernel.run("ops", bytes, {
              args: given.operations,
              mounts: {
                "/m": { kind: "memory", files: { "/a": "in memory" } },
                "/d": { kind: "directory", handle },
                "/r": { kind: "memory", readOnly: true },
                "/p": { kind: "opfs", name: "page-test" },
              },
            });
            const theirs = await (await file.getFile()).text();
            await root.removeEntry("handed-over", { recursive: true });
            return [...text(done.stdout).trim().split("\\n"), theirs, Object.keys(await done.files("/m"))];""",
            module=compile_program("mount_ops").read_bytes(),
            operations=[
                "cat|/m/a",
                "cat|/d/h.txt",
                "write|/d/h.txt|mine",
                "cat|/d/h.txt",
                "write|/r/b|no",
                "write|/p/n|x",
            ],
        )
        assert answer == ["ok in memory", "ok handed over", "ok", "ok mine", "EROFS", "ok", "handed over", ["/m/a"]]

    def test_files_below_a_mount_are_laid_over_it_or_refused(self, kernel: HostKernel) -> None:
        answer = in_page(
            kernel,
            """
            const memory = { kind: "memory", files: { "a": "A", "/b": "B" } };
            const files = { "/m/a": "over", "/m/c/d": "D", "/own": "O" };
            const done = await kernel.run("empty", bytes, { files, mounts: { "/m": memory, "/": { kind: "memory" } } });
            const left = Object.entries(await done.files()).map(([path, data]) => `${path}=${text(data)}`).sort();
            const hidden = (mounts) => codeOf(kernel.run("empty", bytes, { files: { "/m/x": "" }, mounts }));
            return [
              ...left,
              await hidden({ "/m": { kind: "opfs", name: "hidden" } }),
              await hidden({ "/": { kind: "archive", bytes: new Uint8Array(0) } }),
              await hidden({ "/m/x": memory }),
            ];""",
            module=compile_program("empty").read_bytes(),
        )
        assert answer == ["/m/a=over", "/m/b=B", "/m/c/d=D", "/own=O", *["WASM_MOUNT_INVALID"] * 3]

    def test_a_mount_of_no_kind_is_refused(self, kernel: HostKernel) -> None:
        answer = in_page(kernel, 'return codeOf(kernel.run("x", bytes, { mounts: { "/m": { kind: "tape" } } }));')
        assert answer == "WASM_MOUNT_INVALID"


class TestObservation:
    def test_system_calls_counters_and_lines_are_told(self, kernel: HostKernel) -> None:
        answer = in_page(
            kernel,
            """
            const names = [];
            const onTrace = (calls) => names.push(...calls.map((call) => call.name));
            const process = await kernel.spawn("streams", bytes, { onTrace });
            const exit = await process.exit;
            const lines = await process.lines();
            return {
              told: names.filter((name) => name === "fd_write").length,
              kept: (await process.trace()).filter((call) => call.name === "fd_write").length,
              counted: [exit.counters.fd_write, (await process.counters()).fd_write],
              first: [lines[0][0], lines[0][2], Math.abs(Date.now() - lines[0][1]) < 60_000],
            };""",
            module=compile_program("streams").read_bytes(),
        )
        assert answer == {"told": 8, "kept": 8, "counted": [8, 8], "first": [1, "out 0", True]}

    def test_events_go_both_ways(self, kernel: HostKernel) -> None:
        answer = in_page(
            kernel,
            """
            const seen = new Promise((resolve) => {
              const end = kernel.events.on("Scored", (event) => (end(), resolve(event)));
            });
            const process = await kernel.spawn("script", bytes, {
              args: ["open /dev/event rw", "read 3 100", 'write 3 {"name":"Scored","points":3}\\\\n'],
            });
            await process.sendEvent({ name: "Go", level: 2 });
            const event = await seen;
            const stdout = text(new Uint8Array(await new Response(process.stdout).arrayBuffer()));
            const read = stdout.includes('{"name":"Go","level":2}');
            return { payload: event.payload, own: event.source === process.id, read };""",
            module=compile_program("dev_script").read_bytes(),
        )
        assert answer == {"payload": {"points": 3}, "own": True, "read": True}

    @pytest.mark.parametrize("limit", [{"memoryLimit": 65_536}, {"quota": {"bytes": 0}}])
    def test_limits_reach_the_program(self, kernel: HostKernel, limit: dict[str, Any]) -> None:
        answer = in_page(
            kernel,
            """
            const done = await kernel.run("ops", bytes, { args: ["write|/a|12345678"], ...given.limit });
            return [done.reason, done.code, text(done.stdout)];""",
            module=compile_program("mount_ops").read_bytes(),
            limit=limit,
        )
        if "quota" in limit:
            assert answer == ["exited", None, "ENOSPC\n"]
        else:
            assert answer[:2] == ["memory", "WASM_MEMORY_LIMIT"]


def test_what_is_no_module_and_no_limit_is_refused_by_code(kernel: HostKernel) -> None:
    answer = in_page(
        kernel,
        """
        return [
          await codeOf(kernel.run("text", "program.wasm")),
          await codeOf(kernel.run("empty", new Uint8Array(0))),
          await codeOf(kernel.run("absent", new Response("<p>Not found</p>", { status: 404 }))),
          await codeOf(kernel.run("sized", bytes, { memoryLimit: "64M" })),
        ];""",
    )
    assert answer == ["MODULE_BYTES_REQUIRED", "MODULE_BYTES_REQUIRED", "MODULE_FETCH_FAILED", "WASM_ARGUMENTS_INVALID"]


def test_slips_in_options_files_and_canvases_are_refused_by_code(kernel: HostKernel) -> None:
    answer = in_page(
        kernel,
        """
        const process = await kernel.spawn("cat", bytes);
        const taken = document.createElement("canvas");
        taken.getContext("bitmaprenderer");
        const codes = [
          await codeOf(kernel.run("cat", bytes, { clock: { mode: "virtual", begin: 5 } })),
          await codeOf(kernel.run("cat", bytes, { state: "text" })),
          await codeOf(kernel.run("cat", bytes, { state: 5 })),
          await codeOf(kernel.run("cat", bytes, { files: { "/in.txt": 5 } })),
          await codeOf(kernel.run("cat", bytes, { mounts: { "/in": "text" } })),
          await codeOf(process.fs.write("/in.txt")),
          await codeOf(process.fs.mount("/in")),
          await codeOf(process.attachDisplay("canvas")),
          await codeOf(process.attachDisplay(taken)),
        ];
        await process.kill();
        return codes;""",
        module=compile_program("cat").read_bytes(),
    )
    assert answer == [
        "WASM_OPTION_UNKNOWN",
        "WASM_SAVE_STATE_INVALID",
        "WASM_ARGUMENTS_INVALID",
        "WASM_ARGUMENTS_INVALID",
        "WASM_MOUNT_INVALID",
        "WASM_ARGUMENTS_INVALID",
        "WASM_MOUNT_INVALID",
        "DISPLAY_CANVAS_INVALID",
        "DISPLAY_CANVAS_INVALID",
    ]
