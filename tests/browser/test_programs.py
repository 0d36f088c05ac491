"""C programs through `kernel.run` and `kernel.spawn` in the real browser, held against the table wasmtime proved."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from programs import compile_program
from programs.expectations import ALL_BYTES, ARGV0, CASES, TRAPS, Case, Trap, flood

from aikernel_web.contracts.errors import KernelError
from aikernel_web.host.errors import HostError

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

PATIENCE = 60
"""Seconds after which a run that should have ended long ago counts as hanging."""


def run(kernel: HostKernel, name: str, *args: str, **options: Any) -> Any:
    return kernel.run(compile_program(name), args=args, **{"timeout": PATIENCE, **options})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_program_does_what_it_does_on_wasmtime(kernel: HostKernel, case: Case) -> None:
    done = run(kernel, case.program, *case.args, env=case.env, stdin=case.stdin, files=case.files, argv0=ARGV0)
    case.check(done)
    assert done.code is None
    assert done.stack == ()


@pytest.mark.parametrize("controllable", [True, False])
@pytest.mark.parametrize("name", ["sums", "files", "flood", "clocks"])
def test_a_program_does_the_same_with_and_without_control(kernel: HostKernel, name: str, controllable: bool) -> None:
    case = next(case for case in CASES if case.program == name and (case.stdin or name != "sums"))
    done = run(
        kernel,
        name,
        *case.args,
        stdin=case.stdin,
        files=case.files,
        argv0=ARGV0,
        controllable=controllable,
    )
    case.check(done)


class TestTraps:
    @pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.program)
    def test_a_trap_ends_the_program_with_its_reason_and_its_stack(self, kernel: HostKernel, trap: Trap) -> None:
        done = run(kernel, trap.program)
        assert (done.reason, done.exit_code, done.code) == ("trapped", 134, "WASM_TRAP")
        assert trap.message in done.message.lower()
        # V8 puts the name that the module carries before the function's.
        functions = [frame.split()[0].removeprefix(f"{trap.program}.wasm.") for frame in done.stack]
        assert tuple(functions[: len(trap.stack)]) == trap.stack
        assert (done.stdout, done.stderr) == (trap.stdout, trap.stderr)

    def test_the_next_program_runs_after_a_trap(self, kernel: HostKernel) -> None:
        assert run(kernel, "trap_unreachable").reason == "trapped"
        assert run(kernel, "exit_code", "9").exit_code == 9

    def test_files_written_before_a_trap_are_kept(self, kernel: HostKernel) -> None:
        assert run(kernel, "trap_unreachable", files={"/kept": b"x"}).files("/") == {"/kept": b"x"}


class TestRefusedModules:
    @pytest.mark.parametrize(
        "module",
        [
            b"not WebAssembly at all",
            b"\0asm",
            b"\0asm\x02\0\0\0",
            b"\0asm\x01\0\0\0\x01",
            b"\0asm\x01\0\0\0\x0a\x01\x01",
        ],
        ids=["text", "magic only", "version 2", "section cut short", "code without functions"],
    )
    def test_bytes_that_are_no_module_are_invalid(self, kernel: HostKernel, module: bytes) -> None:
        done = kernel.run(module, timeout=PATIENCE)
        assert (done.reason, done.exit_code, done.code) == ("invalid", 126, "WASM_MODULE_INVALID")
        assert done.message

    def test_a_module_cut_in_two_is_invalid(self, kernel: HostKernel) -> None:
        module = compile_program("args").read_bytes()
        assert kernel.run(module[: len(module) // 2], timeout=PATIENCE).reason == "invalid"

    def test_an_unknown_import_is_named(self, kernel: HostKernel) -> None:
        done = run(kernel, "plain_missing")
        assert (done.reason, done.exit_code, done.code) == ("link", 126, "WASM_IMPORT_MISSING")
        assert "env.missing" in done.message

    def test_an_entry_point_that_is_no_function_is_refused(self, kernel: HostKernel) -> None:
        # (module (memory (export "_start") 1))
        done = kernel.run(b"\0asm\1\0\0\0\5\3\1\0\1\7\x0a\1\6_start\2\0", timeout=PATIENCE)
        assert (done.reason, done.exit_code, done.code) == ("link", 126, "WASM_ENTRY_MISSING")
        assert "_start" in done.message

    def test_a_module_without_an_entry_point_ends_as_soon_as_it_stands(self, kernel: HostKernel) -> None:
        done = run(kernel, "plain_add")
        assert (done.reason, done.exit_code, done.stdout) == ("exited", 0, b"")


class TestModules:
    def test_a_module_is_a_path(self, kernel: HostKernel) -> None:
        assert kernel.run(compile_program("exit_code"), args=["4"], timeout=PATIENCE).exit_code == 4

    def test_a_module_is_a_path_as_text(self, kernel: HostKernel) -> None:
        assert kernel.run(str(compile_program("exit_code")), args=["5"], timeout=PATIENCE).exit_code == 5

    def test_a_module_is_bytes(self, kernel: HostKernel) -> None:
        assert kernel.run(compile_program("exit_code").read_bytes(), args=["6"], timeout=PATIENCE).exit_code == 6

    def test_a_changed_file_is_another_program(self, kernel: HostKernel, tmp_path: Path) -> None:
        module = tmp_path / "same.wasm"
        module.write_bytes(compile_program("exit_code").read_bytes())
        assert kernel.run(module, args=["1"], timeout=PATIENCE).exit_code == 1
        module.write_bytes(compile_program("streams").read_bytes())
        assert kernel.run(module, timeout=PATIENCE).stdout.startswith(b"out 0\n")

    def test_a_missing_file_is_refused_here(self, kernel: HostKernel, tmp_path: Path) -> None:
        with pytest.raises(HostError, match=r"nowhere\.wasm") as refused:
            kernel.run(tmp_path / "nowhere.wasm")
        assert refused.value.code == "PROGRAM_NOT_FOUND"


class TestEndlessPrograms:
    def test_kill_ends_a_loop_without_calls(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("spin"))
        assert process.stdout.read_until(b"\n") == b"spinning\n"
        asked = time.monotonic()
        process.kill()
        done = process.wait(timeout=PATIENCE)
        assert time.monotonic() - asked < 5
        assert (done.reason, done.exit_code) == ("killed", 137)

    def test_kill_ends_a_loop_that_prints(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("chatter"))
        assert process.stdout.read_until(b"line 1000\n").startswith(b"line 0\nline 1\n")
        process.kill()
        assert process.wait(timeout=PATIENCE).reason == "killed"

    def test_kill_ends_a_program_that_waits_for_input(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("sums"))
        assert process.stdout.read_until(b"> ") == b"> "
        process.kill()
        assert process.wait(timeout=PATIENCE).reason == "killed"

    def test_kill_ends_a_program_that_sleeps(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("nap"), args=["600000"])
        assert process.stdout.read_until(b"\n") == b"asleep\n"
        process.kill()
        assert process.wait(timeout=PATIENCE).reason == "killed"

    def test_killing_twice_is_killing_once(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("spin"))
        process.kill()
        process.kill()
        done = process.wait(timeout=PATIENCE)
        assert (done.reason, done.exit_code) == ("killed", 137)

    def test_killing_an_ended_program_changes_nothing(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("exit_code"), args=["3"])
        assert process.wait(timeout=PATIENCE).exit_code == 3
        process.kill()
        assert process.wait(timeout=PATIENCE).exit_code == 3

    @pytest.mark.parametrize(
        ("program", "args", "said"),
        [("spin", (), b"spinning\n"), ("chatter", (), b"line 0\n"), ("nap", ("600000",), b"asleep\n")],
        ids=["a loop without calls", "a loop that prints", "a sleep"],
    )
    def test_a_timeout_ends_it_and_keeps_its_output(
        self, kernel: HostKernel, program: str, args: tuple[str, ...], said: bytes
    ) -> None:
        done = run(kernel, program, *args, timeout=1)
        assert (done.reason, done.exit_code) == ("timeout", 124)
        assert done.stdout.startswith(said)

    @pytest.mark.parametrize("timeout", [2_147_484, float("inf")], ids=["over 2^31 ms", "infinite"])
    def test_a_timeout_far_away_is_no_timeout(self, kernel: HostKernel, timeout: float) -> None:
        # A browser's timer counts milliseconds in 32 bits, with a sign, and fires at once where they do not suffice.
        assert run(kernel, "nap", "100", timeout=timeout).reason == "exited"

    def test_files_of_a_killed_program_are_gone_and_it_says_so(self, kernel: HostKernel) -> None:
        done = run(kernel, "spin", files={"/a": b"x"}, timeout=1)
        with pytest.raises(KernelError) as refused:
            done.files("/")
        assert refused.value.code == "WASM_FILES_LOST"


class TestLargeData:
    def test_twenty_megabytes_of_output_arrive_byte_for_byte(self, kernel: HostKernel) -> None:
        done = run(kernel, "flood")
        assert done.exit_code == 0
        assert len(done.stdout) == 20 << 20
        assert done.stdout == flood(20)

    def test_many_megabytes_pass_through_standard_input_and_output(self, kernel: HostKernel) -> None:
        data = ALL_BYTES * 4 * 1024 * 16 + b"end"
        done = run(kernel, "cat", stdin=data)
        assert done.exit_code == 0
        assert done.stdout == data

    def test_many_megabytes_of_files_travel_both_ways(self, kernel: HostKernel) -> None:
        data = ALL_BYTES * 4 * 1024 * 16 + b"end"
        inverted = ALL_BYTES[::-1] * 4 * 1024 * 16 + bytes(255 - byte for byte in b"end")
        done = run(kernel, "copy", "/in.bin", "/out.bin", files={"/in.bin": data})
        assert done.exit_code == 0
        assert done.files("/out.bin") == {"/out.bin": inverted}
        assert done.files("/in.bin") == {"/in.bin": data}

    def test_thousands_of_files_travel_both_ways(self, kernel: HostKernel) -> None:
        files = {f"/d{i % 20}/file-{i}": b"%d" % i for i in range(3000)}
        done = run(kernel, "empty", files=files)
        assert done.files("/") == files

    def test_output_over_the_limit_ends_the_program(self, kernel: HostKernel) -> None:
        done = run(kernel, "chatter", output_limit=100_000)
        assert (done.reason, done.exit_code, done.code) == ("output", 153, "WASM_OUTPUT_LIMIT")
        assert 90_000 < len(done.stdout) <= 100_000
        assert done.stdout.startswith(b"line 0\nline 1\n")

    def test_output_up_to_the_limit_is_no_offence(self, kernel: HostKernel) -> None:
        done = run(kernel, "flood", "1", output_limit=1 << 20)
        assert (done.reason, len(done.stdout)) == ("exited", 1 << 20)


class TestStreams:
    def test_a_conversation_goes_back_and_forth(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("sums"))
        total = 0
        for number in range(1, 30):
            assert process.stdout.read_until(b"> ").endswith(b"> ")
            process.stdin.write(b"%d\n" % number)
            total += number
            assert process.stdout.read_until(b"\n") == b"total %d\n" % total
        process.stdin.close()
        done = process.wait(timeout=PATIENCE)
        assert (done.reason, done.exit_code) == ("exited", 0)
        assert done.stdout.endswith(b"> bye %d\n" % total)

    def test_input_may_come_in_pieces_of_a_line(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("sums"))
        process.stdout.read_until(b"> ")
        for piece in (b"1", b"2", b"", b"3\n4", b"\n"):
            process.stdin.write(piece)
        assert process.stdout.read_until(b"total 127\n").startswith(b"total 123\n")
        process.stdin.close()
        assert process.wait(timeout=PATIENCE).stdout.endswith(b"bye 127\n")

    def test_input_written_before_the_program_reads_is_kept(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("cat"))
        for _ in range(16):
            process.stdin.write(ALL_BYTES * 1024)
        process.stdin.close()
        done = process.wait(timeout=PATIENCE)
        assert done.stdout == ALL_BYTES * 1024 * 16

    def test_both_streams_are_readable_while_the_program_runs(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("streams"))
        assert process.stderr.read_until(b"err 3\n") == b"err 0\nerr 1\nerr 2\nerr 3\n"
        assert process.stdout.read_until(b"out 3\n") == b"out 0\nout 1\nout 2\nout 3\n"
        assert process.wait(timeout=PATIENCE).exit_code == 0

    def test_a_slow_reader_loses_nothing(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("flood"), args=["8"])
        time.sleep(1)  # the reader is the slow one here: the time is the subject, nothing is waited for
        got = bytearray()
        for line in range(0, 8 * (1 << 20) // 64, 4096):
            got += process.stdout.read_until(b"%010d" % (line + 4095))
        got += process.stdout.read_until(b"\n")
        assert bytes(got) == flood(8)
        assert process.wait(timeout=PATIENCE).exit_code == 0

    def test_a_program_waits_for_a_reader_that_takes_its_time(self, kernel: HostKernel) -> None:
        got, resume = bytearray(), threading.Event()

        def take(fd: int, data: bytes) -> None:
            assert resume.wait(PATIENCE)
            assert fd == 1
            got.extend(data)

        process = kernel.spawn(compile_program("flood"), on_output=take)
        with pytest.raises(HostError):  # unread, 20 MiB take for ever; read, they take less than a second
            process.wait(timeout=2)
        assert [entry["state"] for entry in kernel.processes()] == ["Running"]
        resume.set()
        assert process.wait(timeout=PATIENCE).exit_code == 0
        assert bytes(got) == flood(20)

    def test_a_program_may_end_before_its_output_is_read(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("flood"), args=["2"])
        done = process.wait(timeout=PATIENCE)
        assert done.stdout == flood(2)

    def test_input_for_an_ended_program_is_dropped(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("empty"))
        process.wait(timeout=PATIENCE)
        process.stdin.write(b"late\n")
        process.stdin.close()
        assert process.wait(timeout=PATIENCE).exit_code == 0


class TestMounts:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "nested" / "deep" / "empty").mkdir(parents=True)
        (tmp_path / "nested" / "deep" / "file.bin").write_bytes(ALL_BYTES)
        (tmp_path / "top.txt").write_bytes(b"top")
        (tmp_path / "gr\u00fc\u00df dich").write_bytes(b"")
        return tmp_path

    def test_a_folder_is_the_root(self, kernel: HostKernel, folder: Path) -> None:
        done = run(kernel, "tree", "/", mounts={"/": folder})
        assert done.stdout.decode() == (
            "f 0 /gr\u00fc\u00df dich\nd - /nested\nd - /nested/deep\nd - /nested/deep/empty\n"
            "f 256 /nested/deep/file.bin\nf 3 /top.txt\n"
        )
        assert done.files("/") == {
            "/gr\u00fc\u00df dich": b"",
            "/nested/deep/file.bin": ALL_BYTES,
            "/top.txt": b"top",
        }

    def test_a_folder_given_as_text_is_mounted_where_it_is_asked_for(self, kernel: HostKernel, folder: Path) -> None:
        done = run(kernel, "tree", "/data", mounts={"/data": str(folder / "nested")})
        assert done.stdout == b"d - /data/deep\nd - /data/deep/empty\nf 256 /data/deep/file.bin\n"

    def test_mounts_and_files_stand_beside_each_other(self, kernel: HostKernel, folder: Path) -> None:
        done = run(
            kernel,
            "tree",
            "/",
            mounts={"/": folder / "nested", "/data": folder / "nested"},
            files={"/data/extra": b"12", "/deep/file.bin": b"replaced"},
        )
        assert done.stdout == (
            b"d - /data\nd - /data/deep\nd - /data/deep/empty\nf 256 /data/deep/file.bin\nf 2 /data/extra\n"
            b"d - /deep\nd - /deep/empty\nf 8 /deep/file.bin\n"
        )

    def test_nothing_is_written_back(self, kernel: HostKernel, folder: Path) -> None:
        def everything() -> dict[str, bytes]:
            return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}

        before = everything()
        done = run(kernel, "copy", "/top.txt", "/new.txt", mounts={"/": folder})
        assert done.files("/")["/new.txt"] == bytes(255 - byte for byte in b"top")
        assert everything() == before

    def test_a_folder_that_is_not_there_is_refused_here(self, kernel: HostKernel, tmp_path: Path) -> None:
        with pytest.raises(HostError, match="nowhere") as refused:
            run(kernel, "empty", mounts={"/": tmp_path / "nowhere"})
        assert refused.value.code == "MOUNT_INVALID"

    @pytest.mark.parametrize("guest", ["/../up", "/a/../../b", "/nul\0", "/a/./../b"])
    def test_a_hostile_mount_point_is_refused(self, kernel: HostKernel, folder: Path, guest: str) -> None:
        with pytest.raises(KernelError) as refused:
            run(kernel, "empty", mounts={guest: folder})
        assert refused.value.code == "WASM_PATH_INVALID"

    def test_a_link_is_followed_within_the_mount(self, kernel: HostKernel, folder: Path) -> None:
        (folder / "nested" / "link").symlink_to("../top.txt")
        done = run(kernel, "copy", "/nested/link", "/out", mounts={"/": folder})
        assert done.files("/out") == {"/out": bytes(255 - byte for byte in b"top")}

    @pytest.mark.parametrize("target", ["/etc/passwd", "../../../../../../../../etc/passwd"])
    def test_a_link_out_of_the_mount_leads_nowhere(self, kernel: HostKernel, folder: Path, target: str) -> None:
        (folder / "link").symlink_to(target)
        done = run(kernel, "copy", "/link", "/out", mounts={"/": folder})
        assert done.exit_code == 1


class TestFiles:
    @pytest.mark.parametrize(
        "name",
        ["../x", "/a/../../b", "/a/../b", "/a\0b", "", "/", "relative/../../x", "/a//b", "/./a", "/a/"],
    )
    def test_a_hostile_name_is_refused(self, kernel: HostKernel, name: str) -> None:
        with pytest.raises(KernelError) as refused:
            run(kernel, "empty", files={name: b"x"})
        assert refused.value.code == "WASM_PATH_INVALID"

    def test_a_file_below_a_file_is_refused(self, kernel: HostKernel) -> None:
        done = run(kernel, "empty", files={"/a": b"x", "/a/b": b"y"})
        assert (done.reason, done.exit_code, done.code) == ("invalid", 126, "WASM_ARGUMENTS_INVALID")
        assert "/a" in done.message

    def test_files_are_asked_for_by_folder(self, kernel: HostKernel) -> None:
        done = run(kernel, "empty", files={"/a/1": b"1", "/ab/2": b"2", "/a/b/3": b"3"})
        assert done.files("/a") == {"/a/1": b"1", "/a/b/3": b"3"}
        assert done.files("/nowhere") == {}

    def test_each_run_has_files_of_its_own(self, kernel: HostKernel) -> None:
        assert run(kernel, "files").exit_code == 0
        assert run(kernel, "tree", "/").stdout == b""


class TestConcurrency:
    def test_ten_programs_run_at_once(self, kernel: HostKernel) -> None:
        processes = [kernel.spawn(compile_program("sums")) for _ in range(10)]
        for process in processes:
            process.stdout.read_until(b"> ")
        for i, process in enumerate(processes):
            process.stdin.write(b"%d\n" % (i * 11))
        for i, process in reversed(list(enumerate(processes))):
            assert process.stdout.read_until(b"\n") == b"total %d\n" % (i * 11)
            process.stdin.close()
        for process in processes:
            assert process.wait(timeout=PATIENCE).exit_code == 0

    def test_an_endless_loop_holds_up_nobody(self, kernel: HostKernel) -> None:
        endless = kernel.spawn(compile_program("spin"))
        endless.stdout.read_until(b"\n")
        assert run(kernel, "exit_code", "2").exit_code == 2
        assert kernel.python("6 * 7") == 42
        endless.kill()
        assert endless.wait(timeout=PATIENCE).reason == "killed"

    def test_many_programs_run_one_after_another(self, kernel: HostKernel) -> None:
        module = compile_program("exit_code").read_bytes()
        assert [kernel.run(module, args=[str(i)], timeout=PATIENCE).exit_code for i in range(40)] == list(range(40))
