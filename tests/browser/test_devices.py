"""Devices are files: C programs open, read and write them through wasi-libc, and the host sees what they did."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from programs import compile_program
from wasmtime import wat2wasm

from aikernel_web.contracts.errors import KernelError

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

PATIENCE = 60
"""Seconds after which a run that should have ended long ago counts as hanging."""

HEADER = Path(__file__).parents[2] / "static" / "include" / "aikernel.h"
RECORD = struct.Struct("<QHHHHIiii")
"""struct aik_input_event."""


def script(kernel: HostKernel, *commands: str, **options: Any) -> list[str]:
    """What each command of a script (tests/programs/dev_script.c) answers."""
    done = kernel.run(compile_program("dev_script"), args=commands, **{"timeout": PATIENCE, **options})
    assert (done.exit_code, done.stderr) == (0, b"")
    return done.stdout.decode().splitlines()


def key(code: int, value: int, time: int = 1) -> bytes:
    return RECORD.pack(time, 1, 1, code, 0, 0, 0, 0, value)


class TestNames:
    def test_directories_list_their_devices(self, kernel: HostKernel) -> None:
        assert script(kernel, "list /dev", "list /dev/fb", "list /dev/audio", "list /dev/input") == [
            "audio consctl event fb full input null random stderr stdin stdout tty urandom zero",
            "ctl data",
            "ctl data",
            "events",
        ]

    def test_the_root_does_not_list_them(self, kernel: HostKernel) -> None:
        assert script(kernel, "list /", files={"/a": b""}) == ["a"]

    def test_a_program_may_have_a_directory_of_that_name_for_itself(self, kernel: HostKernel) -> None:
        assert script(kernel, "mkdir /dev", "list /dev", "open /dev/null r") == ["0", "", "ENOENT"]

    @pytest.mark.parametrize("name", ["null", "stdin", "tty", "fb/data", "audio/ctl", "input/events", "event"])
    def test_stat_tells_a_character_device(self, kernel: HostKernel, name: str) -> None:
        assert script(kernel, f"stat /dev/{name}") == ["character"]

    def test_names_cannot_be_changed(self, kernel: HostKernel) -> None:
        answers = script(
            kernel,
            "open /dev/mine wc",
            "mkdir /dev/mine",
            "unlink /dev/null",
            "rmdir /dev/fb",
            "rename /dev/null /dev/nil",
            "rename /dev/null /nil",
            "rename /file /dev/file",
            "link /dev/null /dev/nil",
            "link /file /dev/file",
            "symlink null /dev/nil",
            "stat /dev/null",
            "list /",
            files={"/file": b"x"},
        )
        assert answers[:5] == ["EROFS"] * 5
        assert set(answers[5:10]) <= {"EROFS", "EXDEV"}  # between two file systems
        assert answers[10:] == ["character", "file"]

    def test_opening_to_create_or_to_cut_is_opening(self, kernel: HostKernel) -> None:
        assert script(kernel, "open /dev/null wct", "write 3 gone", "open /dev/null wcx") == ["3", "4", "EEXIST"]

    def test_a_device_is_no_directory(self, kernel: HostKernel) -> None:
        assert script(kernel, "stat /dev/null/x", "open /dev/null/ r", "list /dev/null") == ["ENOTDIR"] * 3


class TestPlainDevices:
    def test_null_is_empty_and_takes_everything(self, kernel: HostKernel) -> None:
        answers = script(kernel, "open /dev/null rw", "read 3 9", "write 3 abc", "seek 3 7 set", "fstat 3", "isatty 3")
        assert answers == ["3", '""', "3", "0", "character", "0"]

    def test_zero_is_endless(self, kernel: HostKernel) -> None:
        assert script(kernel, "open /dev/zero rw", "read 3 3", "pread 3 2 1000", "count 3 1000000", "write 3 abc") == [
            "3",
            r'"\x00\x00\x00"',
            r'"\x00\x00"',
            "1000000",
            "3",
        ]

    def test_full_has_no_room(self, kernel: HostKernel) -> None:
        answers = script(kernel, "open /dev/full rw", "write 3 x", "pwrite 3 5 x", "write 3 ", "read 3 2")
        assert answers == ["3", "ENOSPC", "ENOSPC", "0", r'"\x00\x00"']

    @pytest.mark.parametrize("name", ["random", "urandom"])
    def test_random_gives_other_bytes_each_time(self, kernel: HostKernel, name: str) -> None:
        answers = script(kernel, f"open /dev/{name} rw", "read 3 32", "read 3 32", "count 3 1000000", "write 3 seed")
        assert answers[1] != answers[2]
        assert answers[3:] == ["1000000", "4"]

    def test_what_was_opened_for_one_thing_does_not_do_the_other(self, kernel: HostKernel) -> None:
        names = ["null", "zero", "random", "fb/ctl", "fb/data", "audio/ctl", "input/events", "event"]
        for name in names:
            if name != "input/events":
                assert script(kernel, f"open /dev/{name} wn", "read 3 1")[1] == "EBADF", name
            assert script(kernel, f"open /dev/{name} rn", "write 3 x")[1] == "EBADF", name
        assert script(kernel, "open /dev/audio/data rw", "read 3 1")[1] == "EBADF"

    def test_a_device_is_not_synchronised_and_has_no_size(self, kernel: HostKernel) -> None:
        assert script(kernel, "open /dev/null rw", "sync 3", "truncate 3 5") == ["3", "EINVAL", "EINVAL"]

    def test_a_device_is_ready_when_it_is_polled(self, kernel: HostKernel) -> None:
        assert script(kernel, "open /dev/zero rw", "poll 3 r 0", "poll 3 w 0") == ["3", "in ready", "out ready"]


class TestStandardStreams:
    def test_they_are_there_by_name(self, kernel: HostKernel) -> None:
        done = kernel.run(
            compile_program("dev_script"),
            args=["open /dev/stdin r", "read 3 3", "read 0 9", "open /dev/stderr w", "write 4 oops"],
            stdin=b"abcdef",
            timeout=PATIENCE,
        )
        assert done.stdout == b'3\n"abc"\n"def"\n4\n4\n'
        assert done.stderr == b"oops"

    def test_they_do_not_go_the_other_way(self, kernel: HostKernel) -> None:
        assert script(kernel, "open /dev/stdin w", "write 3 x", "open /dev/stdout r", "read 4 1", "write 4 x") == [
            "3",
            "EBADF",
            "4",
            "EBADF",
            "EBADF",
        ]

    def test_a_program_without_a_terminal_has_none(self, kernel: HostKernel) -> None:
        answers = script(
            kernel, "open /dev/tty rw", "open /dev/consctl rw", "isatty 0", "open /dev/stdin r", "isatty 3"
        )
        assert answers == ["ENXIO", "ENXIO", "0", "3", "0"]

    def test_a_program_with_a_terminal_finds_it(self, kernel: HostKernel) -> None:
        answers = script(
            kernel,
            "isatty 0",
            "isatty 1",
            "isatty 2",
            "open /dev/tty rw",
            "isatty 3",
            "read 3 9",
            r"write 3 hi\n",
            terminal=True,
            stdin=b"typed",
        )
        assert answers == ["1", "1", "1", "3", "1", '"typed"', "hi", "3"]


class TestConsoleControl:
    def test_it_tells_the_size_and_the_state(self, kernel: HostKernel) -> None:
        answers = script(
            kernel,
            "open /dev/consctl rw",
            "read 3 100",
            "read 3 100",
            "write 3 rawon",
            "seek 3 0 set",
            "read 3 100",
            r"write 3 rawoff\n",
            "pread 3 100 0",
            terminal=True,
            columns=120,
            rows=40,
        )
        assert answers == [
            "3",
            r'"size 120 40\nraw off\n"',
            '""',
            "5",
            "0",
            r'"size 120 40\nraw on\n"',
            "7",
            r'"size 120 40\nraw off\n"',
        ]

    def test_the_host_hears_of_raw_and_of_its_end_with_the_process(self, kernel: HostKernel) -> None:
        heard: list[bool] = []
        process = kernel.spawn(
            compile_program("dev_script"),
            args=[
                "open /dev/consctl w",
                "write 3 rawon",
                "close 3",
                "write 3 rawon",
                "open /dev/consctl w",
                "write 4 rawon",
            ],
            terminal=True,
            on_terminal=heard.append,
            timeout=PATIENCE,
        )
        assert process.wait().exit_code == 0
        assert heard == [True, False]

    def test_the_host_does_not_hear_of_every_change_but_of_the_last(self, kernel: HostKernel) -> None:
        heard: list[bool] = []
        process = kernel.spawn(
            compile_program("dev_script"),
            args=["open /dev/consctl w", "write 3 " + r"rawon\nrawoff\n" * 1000 + "rawon", "read 0 1"],
            terminal=True,
            on_terminal=heard.append,
            timeout=PATIENCE,
        )
        process.stdout.read_until(b"13005\n")
        process.stdin.close()
        assert process.wait().exit_code == 0
        assert heard[-1] is False
        assert len(heard) < 20

    @pytest.mark.parametrize("command", ["raw", "rawon now", "RAWON", r"\xff", "size 1 1"])
    def test_what_it_does_not_understand_is_refused(self, kernel: HostKernel, command: str) -> None:
        assert script(kernel, "open /dev/consctl w", f"write 3 {command}", terminal=True) == ["3", "EINVAL"]

    def test_a_new_size_wakes_who_polls(self, kernel: HostKernel) -> None:
        process = kernel.spawn(
            compile_program("dev_script"),
            args=["open /dev/consctl r", "read 3 99", "poll 3 r 0", "poll 3 r 60000", "pread 3 99 0", "poll 3 r 0"],
            terminal=True,
            timeout=PATIENCE,
        )
        process.stdout.read_until(b"none\n")
        process.resize(100, 30)
        assert process.wait().stdout.decode().splitlines()[3:] == ["in ready", r'"size 100 30\nraw off\n"', "in ready"]


class TestDisplay:
    def test_a_picture_begins_with_a_default_and_tells_its_geometry(self, kernel: HostKernel) -> None:
        assert script(kernel, "open /dev/fb/ctl r", "read 3 200") == [
            "3",
            r'"size 640 480\nformat rgba8888\nstride 2560\nbytes 1228800\nsequence 0\n"',
        ]

    @pytest.mark.parametrize(
        ("name", "size"),
        [("rgba8888", 4), ("bgra8888", 4), ("rgb888", 3), ("rgb565", 2), ("gray8", 1)],
    )
    def test_the_last_frame_arrives_as_it_was_written(self, kernel: HostKernel, name: str, size: int) -> None:
        process = kernel.spawn(compile_program("dev_display"), args=["7", "5", name, "3"], timeout=PATIENCE)
        assert process.wait().stdout == b"%d bytes\n" % (7 * 5 * size)
        frame = process.frame()
        assert frame is not None
        assert (frame.width, frame.height, frame.format, frame.sequence) == (7, 5, name, 3)
        assert frame.data == b"\3" * (7 * 5 * size)

    def test_a_frame_is_presented_when_its_end_is_reached(self, kernel: HostKernel) -> None:
        process = kernel.spawn(
            compile_program("dev_display"), args=["4", "4", "gray8", "200", "reach"], timeout=PATIENCE
        )
        assert process.wait().exit_code == 0
        frame = process.frame()
        assert frame is not None
        assert (frame.sequence, frame.data) == (200, b"\xc8" * 16)

    def test_indexed_pixels_take_their_colours_from_the_palette(self, kernel: HostKernel) -> None:
        process = kernel.spawn(
            compile_program("dev_script"),
            args=[
                "open /dev/fb/ctl w",
                r"write 3 size 2 1\nformat indexed8\npalette 7 0a0b0c\npalette 8 10203040\n",
                "open /dev/fb/data w",
                r"write 4 \x07\x08",
            ],
            timeout=PATIENCE,
        )
        assert process.wait().exit_code == 0
        frame = process.frame()
        assert frame is not None
        assert (frame.format, frame.data) == ("rgba8888", bytes.fromhex("0a0b0cff 10203040"))

    def test_pixels_are_read_back_and_positions_belong_to_each_open(self, kernel: HostKernel) -> None:
        answers = script(
            kernel,
            "open /dev/fb/ctl w",
            r"write 3 size 4 2\nformat gray8",
            "open /dev/fb/data rw",
            "open /dev/fb/data r",
            "write 4 abcde",
            "seek 4 0 cur",
            "read 5 3",
            "read 5 100",
            "read 5 1",
            "seek 4 0 end",
            "write 4 x",
            "pread 5 2 3",
            "pwrite 4 6 yz",
            "seek 4 -2 end",
            "write 4 123",
            "seek 4 0 cur",
            "pread 5 8 0",
            "seek 4 -1 set",
        )
        assert answers == [
            *("3", "21", "4", "5", "5", "5", '"abc"', r'"de\x00\x00\x00"', '""', "8", "ENOSPC", '"de"', "2", "6"),
            *("3", "1", r'"3bcde\x0012"', "EINVAL"),
        ]

    @pytest.mark.parametrize("device", ["ctl", "data"])
    @pytest.mark.parametrize("call", ["fd_pread", "fd_pwrite"])
    @pytest.mark.parametrize("length", [1, 40])
    def test_there_is_nothing_before_the_beginning(
        self, kernel: HostKernel, device: str, call: str, length: int
    ) -> None:
        # libc refuses such positions by itself, so that this calls without it; the exit code is what the call answers.
        path = f"dev/fb/{device}"
        module = wat2wasm(f"""(module
          (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "{call}" (func $call (param i32 i32 i32 i64 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "{path}")
          (data (i32.const 64) "\\80\\00\\00\\00\\{length:02x}\\00\\00\\00")
          (func (export "_start")
            (if (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const {len(path)}) (i32.const 0)
                  (i64.const 0x42) (i64.const 0) (i32.const 0) (i32.const 96)) (then unreachable))
            (call $exit
              (call $call (i32.load (i32.const 96)) (i32.const 64) (i32.const 1) (i64.const -1) (i32.const 100)))))""")
        done = kernel.run(module, files={"/in": b""}, timeout=PATIENCE)
        # Control files have no positions for writing: SPIPE.
        assert (done.reason, done.exit_code) == ("exited", 70 if (device, call) == ("ctl", "fd_pwrite") else 28)

    def test_a_write_at_a_position_presents_and_does_not_go_round(self, kernel: HostKernel) -> None:
        process = kernel.spawn(
            compile_program("dev_script"),
            args=[
                "open /dev/fb/ctl rw",
                r"write 3 size 2 1\nformat gray8\n",
                "open /dev/fb/data w",
                "pwrite 4 1 abc",
                "pwrite 4 2 x",
                "pread 3 200 0",
            ],
            timeout=PATIENCE,
        )
        lines = process.wait().stdout.decode().splitlines()
        assert lines[3:] == ["1", "ENOSPC", r'"size 2 1\nformat gray8\nstride 2\nbytes 2\nsequence 1\n"']
        frame = process.frame()
        assert frame is not None
        assert frame.data == b"\0a"

    def test_present_shows_what_is_there(self, kernel: HostKernel) -> None:
        process = kernel.spawn(
            compile_program("dev_script"),
            args=[
                "open /dev/fb/ctl w",
                r"write 3 size 3 1\nformat gray8\n",
                "open /dev/fb/data w",
                "write 4 x",
                "write 3 present",
            ],
            timeout=PATIENCE,
        )
        assert process.wait().exit_code == 0
        frame = process.frame()
        assert frame is not None
        assert frame.data == b"x\0\0"

    @pytest.mark.parametrize(
        "command",
        [
            "size 4097 1",
            "size 1 4097",
            "size 0 1",
            "size 1",
            "size 1 1 1",
            "size -1 1",
            "size 1e3 1",
            "size 99999999999999999999 1",
            "format rgba",
            "format constructor",
            "format",
            "palette 256 000000",
            "palette 0 12345",
            "palette 0 gggggg",
            "present now",
            "explode",
        ],
    )
    def test_what_is_out_of_bounds_is_refused(self, kernel: HostKernel, command: str) -> None:
        answers = script(kernel, "open /dev/fb/ctl rw", f"write 3 {command}", "pread 3 16 0")
        assert answers == ["3", "EINVAL", r'"size 640 480\nfor"']

    def test_the_largest_picture_is_64_mib(self, kernel: HostKernel) -> None:
        process = kernel.spawn(
            compile_program("dev_script"),
            args=[
                "open /dev/fb/ctl rw",
                "write 3 size 4096 4096",
                "open /dev/fb/data w",
                "seek 4 -3 end",
                "write 4 end",
            ],
            timeout=PATIENCE,
        )
        assert process.wait().stdout == b"3\n14\n4\n67108861\n3\n"
        frame = process.frame()
        assert frame is not None
        assert (len(frame.data), frame.data[-3:]) == (64 << 20, b"end")

    def test_a_control_write_is_bounded(self, kernel: HostKernel) -> None:
        assert script(kernel, "open /dev/fb/ctl w", "fill 3 32 16384", "fill 3 32 16385") == ["3", "16384", "EMSGSIZE"]


class TestSound:
    def play(self, kernel: HostKernel, *commands: str) -> list[tuple[int, int, str, bytes]]:
        process = kernel.spawn(compile_program("dev_script"), args=commands, timeout=PATIENCE)
        assert process.wait().exit_code == 0
        blocks = []
        while (block := process.audio()) is not None:
            blocks.append((block.rate, block.channels, block.format, block.data))
        return blocks

    def test_it_tells_its_format(self, kernel: HostKernel) -> None:
        answers = script(kernel, "open /dev/audio/ctl rw", r"write 3 rate 8000\nchannels 1\nformat u8", "pread 3 99 0")
        assert answers == ["3", "30", r'"rate 8000\nchannels 1\nformat u8\nframe 1\n"']

    def test_whole_frames_arrive_and_pieces_wait_for_their_rest(self, kernel: HostKernel) -> None:
        played = self.play(
            kernel, "open /dev/audio/data w", "write 3 ab", "write 3 c", "write 3 defghij", "sleep 30", "write 3 kl"
        )
        assert played == [(44_100, 2, "s16le", b"abcdefghijkl")]

    def test_a_piece_is_lost_with_a_change_of_format(self, kernel: HostKernel) -> None:
        played = self.play(
            kernel,
            "open /dev/audio/data w",
            "write 3 abcde",
            "open /dev/audio/ctl w",
            r"write 4 format f32le\nchannels 1",
            "write 3 1234",
        )
        assert played == [(44_100, 2, "s16le", b"abcd"), (44_100, 1, "f32le", b"1234")]

    def test_two_that_play_do_not_mix_their_pieces(self, kernel: HostKernel) -> None:
        played = self.play(
            kernel,
            "open /dev/audio/data w",
            "open /dev/audio/data w",
            "write 3 ab",
            "write 4 12",
            "write 3 cd",
            "write 4 34",
        )
        assert played == [(44_100, 2, "s16le", b"abcd1234")]

    def test_much_sound_arrives_whole(self, kernel: HostKernel) -> None:
        fills = [f"fill 3 {number} 1000000" for number in range(8)]
        process = kernel.spawn(compile_program("dev_script"), args=["open /dev/audio/data w", *fills], timeout=PATIENCE)
        lines = process.wait().stdout.split()
        block = process.audio()
        assert block is not None
        taken = [int(count) for count in lines[1:]]
        assert all(count > 0 for count in taken)
        assert block.data == b"".join(bytes([number]) * count for number, count in enumerate(taken))[: len(block.data)]
        assert len(block.data) == sum(taken) // 4 * 4

    @pytest.mark.parametrize(
        "command",
        [
            "rate 7999",
            "rate 96001",
            "rate x",
            "channels 0",
            "channels 9",
            "format s24le",
            "format toString",
            "rate",
            "stop",
        ],
    )
    def test_what_is_out_of_bounds_is_refused(self, kernel: HostKernel, command: str) -> None:
        assert script(kernel, "open /dev/audio/ctl w", f"write 3 {command}") == ["3", "EINVAL"]


class TestInput:
    def test_records_arrive_while_the_program_waits(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("dev_input"), args=["3", "wait"], timeout=PATIENCE)
        process.send_input(key(4, ord("a")))
        assert process.stdout.read_until(b"\n") == (
            b"then type=1 action=1 code=4 modifiers=0 device=0 x=0 y=0 value=97\n"
        )
        process.send_input(RECORD.pack(0, 2, 3, 1, 10, 7, -5, 123456, -1) + key(5, 0))
        assert process.wait().stdout.splitlines()[1:] == [
            b"now type=2 action=3 code=1 modifiers=10 device=7 x=-5 y=123456 value=-1",
            b"then type=1 action=1 code=5 modifiers=0 device=0 x=0 y=0 value=0",
        ]

    def test_nothing_yet_is_eagain_and_polling_waits(self, kernel: HostKernel) -> None:
        process = kernel.spawn(
            compile_program("dev_script"),
            args=[
                "open /dev/input/events rn",
                "read 3 32",
                "poll 3 r 5",
                "poll 3 r 60000",
                "count 3 31",
                "poll 3 r 0",
                "count 3 100",
                "read 3 1",
            ],
            timeout=PATIENCE,
        )
        process.stdout.read_until(b"none\n")
        process.send_input(key(4, 0))
        assert process.wait().stdout.decode().splitlines() == (
            ["3", "EAGAIN", "none", "in ready", "31", "in ready", "1", "EAGAIN"]
        )

    def test_a_full_queue_keeps_the_newest_and_says_how_many_were_lost(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("dev_input"), args=["2000"], timeout=PATIENCE)
        process.send_input(b"".join(key(4, number) for number in range(1100)))
        process.stdin.close()
        lines = process.wait().stdout.decode().splitlines()
        assert len(lines) == 1025
        assert lines[0] == "then type=0 action=3 code=0 modifiers=0 device=0 x=0 y=0 value=76"
        assert [int(line.rsplit("=", 1)[1]) for line in lines[1:]] == list(range(76, 1100))

    def test_a_piece_of_a_record_is_refused_with_the_whole_ones_before_it(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("dev_input"), args=["9"], timeout=PATIENCE)
        with pytest.raises(KernelError) as refused:
            process.send_input(key(4, 1) + b"\0" * 31)
        assert refused.value.code == "WASM_INPUT_RECORD_INCOMPLETE"
        process.send_input(key(4, 1))
        process.stdin.close()
        assert len(process.wait().stdout.splitlines()) == 1


class TestEvents:
    def test_a_line_becomes_an_event_of_the_host(self, kernel: HostKernel) -> None:
        process = kernel.spawn(
            compile_program("dev_script"),
            args=[
                "open /dev/event w",
                r'write 3 {"name":"Level',
                r'write 3 ","payload":{"number":3}}\n',
                r'write 3 {"name":"Bye"}',
            ],
            timeout=PATIENCE,
        )
        assert process.wait().exit_code == 0
        event = kernel.events.wait_for("Level", timeout=PATIENCE)
        assert (event.payload, event.source) == ({"number": 3}, process.id)

    def test_a_line_without_its_line_break_is_complete_when_the_descriptor_is_closed(self, kernel: HostKernel) -> None:
        script(kernel, "open /dev/event w", r'write 3 {"name":"First"}\n{"name":"Last"}', "close 3")
        kernel.events.wait_for("First", timeout=PATIENCE)
        kernel.events.wait_for("Last", timeout=PATIENCE)

    @pytest.mark.parametrize(
        "line",
        ["hello", "[]", "null", "1", '"name"', "{}", '{"name":1}', '{"name":""}', r'{"name":"\xff"}', '{"name":"x"'],
    )
    def test_what_is_no_event_is_refused_and_nothing_of_the_write_is_published(
        self, kernel: HostKernel, line: str
    ) -> None:
        answers = script(kernel, "open /dev/event w", rf'write 3 {{"name":"Before"}}\n{line}\n{{"name":"After"}}\n')
        assert answers == ["3", "EINVAL"]
        script(kernel, "open /dev/event w", r'write 3 {"name":"Done"}\n')
        kernel.events.wait_for("Done", timeout=PATIENCE)
        assert not {event.name for event in kernel.events.history} & {"Before", "After"}

    def test_a_line_is_bounded(self, kernel: HostKernel) -> None:
        answers = script(
            kernel,
            "open /dev/event w",
            'write 3 {"name":"Fits","text":"',
            f"fill 3 120 {65_536 - 25 - 3}",
            r'write 3 "}\n',
            'write 3 {"name":"Long","text":"',
            f"fill 3 120 {65_536}",
            r'write 3 "}\n{"name":"Next"}\n',
        )
        assert answers[4:] == ["23", "EMSGSIZE", "19"]
        assert len(kernel.events.wait_for("Fits", timeout=PATIENCE).payload["text"]) == 65_536 - 28
        kernel.events.wait_for("Next", timeout=PATIENCE)
        assert "Long" not in {event.name for event in kernel.events.history}

    def test_a_flood_is_held_back_and_arrives_whole(self, kernel: HostKernel) -> None:
        line = r'{"name":"Tick"}\n'
        script(kernel, "open /dev/event w", *[f"write 3 {line * 100}"] * 20)
        kernel.events.wait_for("ProcessStopped", timeout=PATIENCE)
        assert sum(event.name == "Tick" for event in kernel.events.history) == 2000

    def test_the_hosts_lines_are_read(self, kernel: HostKernel) -> None:
        process = kernel.spawn(
            compile_program("dev_script"),
            args=[
                "open /dev/event rwn",
                "read 3 9",
                "poll 3 r 5",
                "poll 3 r 60000",
                "read 3 9",
                "read 3 99",
                "read 3 9",
            ],
            timeout=PATIENCE,
        )
        process.stdout.read_until(b"none\n")
        process.send_event({"name": "Go", "text": "a\nb"})
        lines = process.wait().stdout.decode().splitlines()
        assert lines[1:4] == ["EAGAIN", "none", "in ready"]
        assert lines[4:] == ['"{"name":""', r'"Go","text":"a\\nb"}\n"', "EAGAIN"]

    def test_too_many_lines_leave_the_newest_and_say_how_many_were_lost(self, kernel: HostKernel) -> None:
        process = kernel.spawn(
            compile_program("dev_script"),
            args=["read 0 1", "open /dev/event rn", "count 3 1000000", "pread 3 1 0", "close 3"],
            timeout=PATIENCE,
        )
        for number in range(1030):
            process.send_event({"number": number})
        process.stdin.close()
        overflow = len('{"name":"overflow","lost":6}\n')
        kept = sum(len(f'{{"number":{number}}}\n') for number in range(6, 1030))
        assert process.wait().stdout.decode().splitlines()[2:4] == [str(overflow + kept), "ESPIPE"]


class TestHeader:
    def test_its_constants_are_the_hosts(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("dev_header"), timeout=PATIENCE)
        printed = dict(line.split(" ", 1) for line in done.stdout.decode().splitlines())
        host = kernel.page.evaluate("""async () => {
          const names = ["control-descriptor", "framebuffer", "pixel-formats", "audio", "input-format", "host-events"];
          const base = new URL("static/process/devices/", document.baseURI);
          const modules = await Promise.all(names.map((name) => import(new URL(`${name}.mjs`, base).href)));
          return Object.assign({}, ...modules);
        }""")
        expected: dict[str, Any] = {
            "AIK_CONTROL_BYTES_MAX": host["CONTROL_BYTES_MAX"],
            "AIK_FB_SIDE_MAX": host["FRAME_SIDE_MAX"],
            "AIK_FB_PALETTE_ENTRIES": host["PALETTE_ENTRIES"],
            "AIK_AUDIO_RATE_MIN": host["RATE_MIN"],
            "AIK_AUDIO_RATE_MAX": host["RATE_MAX"],
            "AIK_AUDIO_CHANNELS_MAX": host["CHANNELS_MAX"],
            "AIK_INPUT_QUEUE_RECORDS": host["INPUT_QUEUE_RECORDS"],
            "AIK_EVENT_LINE_BYTES_MAX": host["EVENT_LINE_BYTES_MAX"],
            "AIK_EVENT_QUEUE_LINES": host["EVENT_QUEUE_LINES"],
            "sizeof": host["INPUT_RECORD_BYTES"],
        }
        expected |= {f"AIK_FB_{name.upper()}": name for name in host["PIXEL_FORMATS"]}
        expected |= {f"AIK_AUDIO_{name.upper()}": name for name in host["SAMPLE_FORMATS"]}
        for names in ("INPUT_TYPES", "INPUT_ACTIONS", "INPUT_MODIFIERS"):
            expected |= {f"AIK_INPUT_{name.upper()}": number for name, number in host[names].items()}
        assert printed == {name: str(value) for name, value in expected.items()}

    def test_no_constant_is_left_out(self, kernel: HostKernel) -> None:
        text = HEADER.read_text(encoding="utf-8")
        declared = set(re.findall(r"^#define (AIK_\w+) ", text, re.MULTILINE))
        declared |= {
            name for body in re.findall(r"enum \w+ \{(.*?)\}", text, re.DOTALL) for name in re.findall(r"AIK_\w+", body)
        }
        printed = kernel.run(compile_program("dev_header"), timeout=PATIENCE).stdout.decode()
        assert declared == {line.split()[0] for line in printed.splitlines()} - {"sizeof"}


class TestWithoutWaiting:
    """A program that cannot be held back, or does not want to be, is told when there is no room."""

    def test_sound_is_refused_when_too_much_is_on_its_way(self, kernel: HostKernel) -> None:
        fills = ["fill 3 0 1000000"] * 3
        answers = script(kernel, "open /dev/audio/data w", *fills, controllable=False)
        assert answers == ["3", "524288", "EAGAIN", "EAGAIN"]

    def test_sound_has_room_again_when_the_host_has_taken_it(self, kernel: HostKernel) -> None:
        polled = ["fill 3 0 1000000", "poll 3 w 60000", "fill 3 0 1000"]
        answers = script(kernel, "open /dev/audio/data wn", *polled, controllable=False)
        assert answers == ["3", "524288", "out ready", "1000"]

    def test_events_are_refused_when_too_many_are_on_their_way(self, kernel: HostKernel) -> None:
        line = r'{"name":"Tick"}\n'
        answers = script(kernel, "open /dev/event w", *[f"write 3 {line * 100}"] * 4, controllable=False)
        assert answers == ["3", "1600", "1600", "EAGAIN", "EAGAIN"]

    def test_frames_are_shown_all_the_same(self, kernel: HostKernel) -> None:
        process = kernel.spawn(
            compile_program("dev_display"), args=["4", "4", "gray8", "50"], controllable=False, timeout=PATIENCE
        )
        assert process.wait().exit_code == 0
        frame = process.frame()
        assert frame is not None
        assert frame.sequence == 50


def test_what_was_begun_is_published_when_the_program_ends(kernel: HostKernel) -> None:
    script(kernel, "open /dev/event w", 'write 3 {"name":"Unfinished"}')
    kernel.events.wait_for("Unfinished", timeout=PATIENCE)
