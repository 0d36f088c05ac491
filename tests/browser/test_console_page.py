"""The console page, as a person at the keyboard meets it: the real kernel, real programs, the terminal's own rows."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import pytest
import wasmtime
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Locator, Page

    from aikernel_web.host import HostKernel

PATIENCE = 30_000  # milliseconds until a state that does not come is a failure
PROMPT = re.compile(r"(\d+ )?\$")

READ_ROWS = "() => [...document.querySelectorAll('.xterm-rows > div')].map((row) => row.textContent.trimEnd())"
DROP = """([name, bytes]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
  for (const type of ["dragenter", "dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  }
}"""
PASTE = """(text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""

EMPTY = wasmtime.wat2wasm('(module (memory (export "memory") 1) (func (export "_start")))')
ENDLESS = wasmtime.wat2wasm('(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))')


def escaped(data: bytes) -> str:
    """Return ``data`` as the text form of WebAssembly writes it."""
    return "".join(f"\\{byte:02x}" for byte in data)


def printer(data: bytes, times: int = 1) -> bytes:
    """Return a program that writes ``data`` so often."""
    pointer_and_length = (16).to_bytes(4, "little") + len(data).to_bytes(4, "little")
    return bytes(
        wasmtime.wat2wasm(f"""(module
          (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 4)
          (data (i32.const 0) "{escaped(pointer_and_length)}")
          (data (i32.const 16) "{escaped(data)}")
          (func (export "_start") (local $left i32)
            (local.set $left (i32.const {times}))
            (loop $again
              (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
              (local.set $left (i32.sub (local.get $left) (i32.const 1)))
              (br_if $again (i32.gt_s (local.get $left) (i32.const 0))))))""")
    )


class Console:
    """A person at the page: types, pastes, drops, and reads the rows of the terminal."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.input: Locator = page.get_by_label("Terminal input")

    def rows(self) -> list[str]:
        """Return the rows on the screen without the empty ones at its end."""
        rows: list[str] = self.page.evaluate(READ_ROWS)
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def wait(self, reached: Callable[[list[str]], bool], what: str) -> list[str]:
        """Wait until the screen is as ``reached`` wants it."""
        deadline = time.monotonic() + PATIENCE / 1000
        while not reached(rows := self.rows()):
            if time.monotonic() > deadline:
                pytest.fail(f"{what}; the screen:\n" + "\n".join(rows))
            self.page.wait_for_timeout(20)
        return rows

    def wait_for_row(self, row: str) -> list[str]:
        """Wait until ``row`` is on the screen."""
        return self.wait(lambda rows: row in rows, f"No row {row!r}")

    def wait_for_line(self, line: str) -> list[str]:
        """Wait until the last row shows ``line`` behind the prompt."""
        return self.wait(lambda rows: rows[-1:] == [f"$ {line}".rstrip()], f"The line is not {line!r}")

    def wait_for_prompt(self) -> list[str]:
        """Wait until the shell waits for a command, below what is on the screen already."""
        return self.wait(lambda rows: len(rows) > 1 and PROMPT.fullmatch(rows[-1]) is not None, "No prompt")

    def clear(self) -> None:
        """Leave nothing on the screen but the prompt."""
        self.press("Control+l")
        self.wait(lambda rows: len(rows) == 1 and PROMPT.fullmatch(rows[0]) is not None, "The screen was not cleared")

    def type(self, text: str) -> None:
        """Type ``text`` into the terminal."""
        self.input.focus()
        self.page.keyboard.type(text)

    def press(self, *keys: str) -> None:
        """Press keys in the terminal."""
        self.input.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def enter(self, line: str) -> None:
        """Type a line and send it off."""
        self.type(line)
        self.press("Enter")

    def run(self, line: str) -> list[str]:
        """Run a command and return the rows between it and the next prompt."""
        self.clear()
        self.enter(line)
        return self.wait_for_prompt()[1:-1]

    def paste(self, text: str) -> None:
        """Paste ``text`` into the terminal."""
        self.input.focus()
        self.page.evaluate(PASTE, text)

    def drop(self, name: str, data: bytes) -> None:
        """Drop a file on the page."""
        self.page.evaluate(DROP, [name, list(data)])

    def add(self, name: str, module: bytes) -> None:
        """Make a program runnable by dropping its file, and clear the screen."""
        self.drop(f"{name}.wasm", module)
        expect(self.page.get_by_role("button", name=f"Run {name}", exact=True)).to_be_visible(timeout=PATIENCE)
        expect(self.page.locator("#programs-status")).to_contain_text(name)
        self.clear()

    def process(self, name: str) -> Locator:
        """Return the rows of the process table with that name."""
        return self.page.locator("#processes tr").filter(has=self.page.get_by_role("rowheader", name=name, exact=True))


@pytest.fixture
def console(kernel_page: Page) -> Iterator[Console]:
    """The console of the session's kernel, at an empty prompt on an empty screen."""
    console = Console(kernel_page)
    console.press("Control+c")
    # The prompt that is there may be the one before the key: what is typed next comes after the new one.
    console.type("#")
    console.wait(lambda rows: rows[-1].endswith("$ #"), "No echo")
    console.press("Backspace")
    console.wait_for_prompt()
    console.clear()
    yield console
    console.press("Control+c")
    console.wait_for_prompt()
    kernel_page.get_by_label("Show events whose name contains").fill("")


class TestCommands:
    def test_help_lists_the_commands(self, console: Console) -> None:
        rows = console.run("aik help")
        assert any(row.strip().startswith("aik run [OPTIONS] NAME [ARGS...]") for row in rows)

    def test_a_program_prints_and_ends(self, console: Console) -> None:
        console.enter("aik run hello one two")
        console.wait_for_row("  two")
        console.press("Enter")
        rows = console.wait_for_prompt()
        assert "Hello from WebAssembly!" in rows
        assert "Goodbye!" in rows
        expect(console.process("hello")).to_contain_text("exited 0")

    def test_the_prompt_shows_the_exit_code_of_a_failure(self, console: Console) -> None:
        console.run("nonsense")
        assert console.rows()[-1] == "1 $"

    def test_an_empty_line_brings_the_next_prompt(self, console: Console) -> None:
        console.press("Enter", "Enter")
        console.wait(lambda rows: rows == ["$", "$", "$"], "No three prompts")

    def test_a_run_button_types_the_command(self, console: Console) -> None:
        console.page.get_by_role("button", name="Run hello", exact=True).click()
        rows = console.wait_for_row("Say something; an empty line ends.")
        assert rows[0] == "$ aik run hello"
        expect(console.page.get_by_role("button", name="Run hello", exact=True)).to_be_disabled()


class TestRunningPrograms:
    def test_typed_lines_reach_the_program_and_ctrl_d_ends_its_input(self, console: Console) -> None:
        console.enter("aik run hello")
        console.wait_for_row(">")
        console.type("first lyne")
        console.press("ArrowLeft", "ArrowLeft", "Backspace", "ArrowRight")
        console.press("Home", "Delete", "End")
        console.enter("!")
        console.wait_for_row("You said: irst lne!")
        console.press("Control+d")
        assert "Goodbye!" in console.wait_for_prompt()

    def test_ctrl_c_ends_an_endless_program(self, console: Console) -> None:
        console.add("endless", ENDLESS)
        console.enter("aik run endless")
        expect(console.process("endless")).to_contain_text("Running", timeout=PATIENCE)
        console.press("Control+c")
        rows = console.wait_for_prompt()
        assert rows[1] == "^C"
        assert rows[-1] == "137 $"
        expect(console.process("endless")).to_contain_text("killed 137", timeout=PATIENCE)

    def test_the_kill_button_ends_an_endless_program(self, console: Console) -> None:
        console.add("endless", ENDLESS)
        console.enter("aik run endless")
        console.process("endless").get_by_role("button", name="Kill").click(timeout=PATIENCE)
        assert console.wait_for_prompt()[-1] == "137 $"
        expect(console.process("endless").get_by_role("button", name="Kill")).to_have_count(0)

    def test_what_is_typed_ahead_is_there_at_the_next_prompt(self, console: Console) -> None:
        console.add("endless", ENDLESS)
        console.enter("aik run endless")
        expect(console.process("endless")).to_contain_text("Running", timeout=PATIENCE)
        console.type("aik he")
        console.process("endless").get_by_role("button", name="Kill").click()
        console.wait(lambda rows: rows[-1:] == ["137 $ aik he"], "The line is gone")

    def test_a_flood_of_output_arrives_and_can_be_interrupted(self, console: Console) -> None:
        console.add("flood", printer(b"0123456789abcdef" * 64 + b"\n", times=2_000_000_000))
        console.enter("aik run flood")
        console.wait(lambda rows: len(rows) > 10, "No output")
        console.press("Control+c")
        assert console.wait_for_prompt()[-1] == "137 $"

    def test_the_prompt_begins_a_row_after_output_without_a_newline(self, console: Console) -> None:
        console.add("partial", printer(b"no newline"))
        console.enter("aik run partial")
        rows = console.wait_for_prompt()
        assert rows[1].startswith("no newline")


class TestHostileOutput:
    def test_modes_and_unfinished_sequences_do_not_outlive_their_program(self, console: Console) -> None:
        console.add(
            "rude", printer(b"\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?7l\x1b[4h\x1b(0\x1b[8mx\xe6\xbc\x1b]0;unended")
        )
        console.enter("aik run rude")
        console.wait_for_prompt()
        assert "unknown command: intact" in console.run("intact line")
        expect(console.page).to_have_title("aikernel")

    def test_a_question_to_the_terminal_is_not_answered_into_the_input(self, console: Console) -> None:
        console.add(
            "asking",
            printer(
                b"\x1b[c\x1b[>c\x1b[5n\x1b[6n\x1b[?6n\x1b[18t\x1b[?1$p\x1bP$qm\x1b\\\x1b]10;?\x07\x1b]4;1;?\x07.\n"
            ),
        )
        console.enter("aik run asking")
        console.wait_for_prompt()
        console.type("x")
        console.wait_for_line("x")

    def test_links_are_text(self, console: Console) -> None:
        console.add("link", printer(b"\x1b]8;;javascript:alert(1)\x07here\x1b]8;;\x07\n"))
        rows = console.run("aik run link")
        assert "here" in rows
        underlined = console.page.locator(".xterm-rows span[class*=underline]")
        expect(underlined).to_have_count(0)


class TestEditing:
    @pytest.mark.parametrize(
        ("keys", "line"),
        [
            (["Control+a", "X"], "Xone two-three"),
            (["Control+a", "Control+e", "X"], "one two-threeX"),
            (["Control+w"], "one"),
            (["Alt+Backspace"], "one two-"),
            (["Control+ArrowLeft", "X"], "one two-Xthree"),
            (["Home", "Control+ArrowRight", "X"], "oneX two-three"),
            (["Home", "Control+k"], ""),
            (["ArrowLeft", "ArrowLeft", "Control+u"], "ee"),
            (["Control+u", "Control+y", "Control+y"], "one two-threeone two-three"),
            (["Home", "Delete", "Delete"], "e two-three"),
            (["Home", "Alt+d", "X"], "X two-three"),
        ],
    )
    def test_a_key_edits_the_line(self, console: Console, keys: list[str], line: str) -> None:
        console.type("one two-three")
        console.press(*keys)
        console.wait_for_line(line)

    def test_a_wide_or_combined_character_is_one_step(self, console: Console) -> None:
        console.paste("漢字e\u0301👩‍👧z")
        console.press("ArrowLeft", "Backspace", "Backspace", "ArrowLeft", "x")
        console.wait_for_line("漢x字z")

    def test_a_line_longer_than_a_row_is_edited_across_rows(self, console: Console) -> None:
        console.type("word " * 60)
        console.press("Home")
        console.type("first ")
        console.wait(lambda rows: rows[0].startswith("$ first word") and len(rows) > 2, "The line was not drawn")
        console.press("Control+u", "Control+k")
        console.wait_for_line("")

    def test_a_line_survives_a_change_of_size(self, console: Console) -> None:
        size = console.page.viewport_size
        assert size
        console.type("aik help or something else that is longer than a narrow row can hold")
        console.page.set_viewport_size({"width": 400, "height": 800})
        console.wait(lambda rows: len(rows) > 1, "The line was not wrapped")
        console.page.set_viewport_size(size)
        console.wait_for_line("aik help or something else that is longer than a narrow row can hold")

    def test_tab_completes_commands_and_programs(self, console: Console) -> None:
        console.type("aik ru")
        console.press("Tab")
        console.wait_for_line("aik run")
        console.type("hel")
        console.press("Tab")
        console.wait_for_line("aik run hello")

    def test_tab_quotes_a_name_that_needs_it(self, console: Console) -> None:
        console.add("two words", EMPTY)
        console.type("aik run two")
        console.press("Tab")
        console.wait_for_line("aik run 'two words'")
        console.press("Enter")
        assert console.wait_for_prompt()[-1] == "$"

    def test_up_and_down_walk_through_the_lines_that_were_run(self, console: Console) -> None:
        console.run("first command")
        console.run("second command")
        console.type("draft")
        console.press("ArrowUp")
        console.wait(lambda rows: rows[-1] == "1 $ second command", "Not the last line")
        console.press("ArrowUp")
        console.wait(lambda rows: rows[-1] == "1 $ first command", "Not the line before")
        console.press("ArrowDown", "ArrowDown")
        console.wait(lambda rows: rows[-1] == "1 $ draft", "Not the draft")

    def test_history_is_kept_for_the_next_visit(self, console: Console) -> None:
        console.run("something to remember")
        kept = console.page.evaluate("() => localStorage.getItem('aikernel.history')")
        assert json.loads(kept)[-1] == "something to remember"
        assert len(json.loads(kept)) <= 500

    def test_pasted_lines_run_one_after_another(self, console: Console) -> None:
        console.paste("alpha\r\nbeta\ngam\x1b[Ama")
        rows = console.wait(lambda rows: rows[-1:] == ["1 $ gam[Ama"], "The last line is not in the editor")
        assert [row for row in rows if row.startswith("unknown")] == ["unknown command: alpha", "unknown command: beta"]


class TestPrograms:
    def test_a_dropped_module_becomes_runnable(self, console: Console) -> None:
        console.drop("greeter.wasm", printer(b"greetings\n"))
        console.wait(lambda rows: any(row.endswith("Run it with: aik run greeter") for row in rows), "No notice")
        assert "greetings" in console.run("aik run greeter")

    def test_a_chosen_module_becomes_runnable(self, console: Console) -> None:
        file = {"name": "chosen.wasm", "mimeType": "application/wasm", "buffer": printer(b"chosen well\n")}
        console.page.locator("#program-files").set_input_files(file)  # type: ignore[arg-type]
        console.wait(lambda rows: any(row.endswith("Run it with: aik run chosen") for row in rows), "No notice")
        assert "chosen well" in console.run("aik run chosen")

    def test_the_drop_target_shows_while_a_file_is_over_the_page(self, console: Console) -> None:
        over = """(type) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([], "x"));
          document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
        }"""
        target = console.page.locator("#drop-target")
        console.page.evaluate(over, "dragenter")
        expect(target).to_be_visible()
        console.page.evaluate(over, "dragleave")
        expect(target).to_be_hidden()

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "it is empty"),
            (b"#!/bin/sh\n", "it is not WebAssembly"),
            (b"\0asm\x0d\0\x01\0", "it is WebAssembly, but not a core module"),
        ],
    )
    def test_a_file_that_is_no_module_is_refused(self, console: Console, data: bytes, reason: str) -> None:
        console.drop("wrong.wasm", data)
        expect(console.page.locator("#programs-status")).to_contain_text(f"wrong.wasm was not added: {reason}")
        console.wait(lambda rows: any(row.startswith("wrong.wasm was not added") for row in rows), "No refusal")
        expect(console.page.get_by_role("button", name="Run wrong")).to_have_count(0)

    def test_a_program_dropped_again_is_replaced(self, console: Console) -> None:
        console.add("again", printer(b"old\n"))
        console.drop("again.wasm", printer(b"new\n"))
        console.wait(lambda rows: any(row.startswith("Replaced again") for row in rows), "No notice")
        assert "new" in console.run("aik run again")

    def test_a_notice_leaves_the_line_being_typed_alone(self, console: Console) -> None:
        console.type("aik he")
        console.drop("quiet.wasm", EMPTY)
        console.wait(lambda rows: any(row.startswith("Added quiet") for row in rows), "No notice")
        console.wait_for_line("aik he")

    @pytest.mark.parametrize(
        "name", ["<img src=x onerror=globalThis.owned=1>", "a\u202eb\u2066c", "\x1b]0;owned\x07d", "'; aik help #"]
    )
    def test_a_hostile_name_stays_a_name(self, console: Console, name: str) -> None:
        seen = re.sub("[\x00-\x1f\u202a-\u202e\u2066-\u2069/]", "", name)
        console.drop(f"{name}.wasm", printer(b"ran\n"))
        button = console.page.get_by_role("button", name=f"Run {seen}", exact=True)
        expect(button).to_be_visible(timeout=PATIENCE)
        console.clear()
        button.click()
        console.wait_for_row("ran")
        console.wait_for_prompt()
        expect(console.process(seen)).to_contain_text("exited 0", timeout=PATIENCE)
        expect(console.page.locator("#events")).to_contain_text(seen)
        assert console.page.evaluate("() => [globalThis.owned, document.title]") == [None, "aikernel"]
        expect(console.page.locator("main img")).to_have_count(0)


class TestEvents:
    def test_the_log_is_filtered_by_name(self, console: Console, kernel: HostKernel) -> None:
        kernel.run(EMPTY, timeout=PATIENCE)
        expect(console.page.locator("#events")).to_contain_text("ProcessStopped")
        console.page.get_by_label("Show events whose name contains").fill("started")
        assert set(console.page.locator("#events li:visible .event-name").all_text_contents()) == {"ProcessStarted"}

    def test_a_paused_log_stands_still_and_catches_up(self, console: Console, kernel: HostKernel) -> None:
        page = console.page
        page.get_by_role("button", name="Clear").click()
        page.get_by_role("button", name="Pause").click()
        kernel.run(EMPTY, timeout=PATIENCE)
        resume = page.get_by_role("button", name="Resume (2)")
        expect(resume).to_be_visible()
        expect(page.locator("#events li")).to_have_count(0)
        resume.click()
        expect(page.locator("#events li")).to_have_count(2)

    def test_the_log_keeps_the_last_500(self, console: Console, kernel: HostKernel) -> None:
        kernel.python("import asyncio\nfor number in range(600):\n    await kernel.events.publish(f'Tick{number}', {})")
        expect(console.page.locator("#events li").last).to_contain_text("Tick599")
        expect(console.page.locator("#events li")).to_have_count(500)


class TestThePage:
    def test_it_names_its_versions_and_the_kernels_state(self, console: Console) -> None:
        expect(console.page.locator("#versions")).to_contain_text("314.0.7")
        expect(console.page.locator("#kernel-state")).to_have_text("Kernel ready")

    def test_f6_moves_between_the_panes_and_back_to_the_terminal(self, console: Console) -> None:
        focused = "() => document.activeElement.closest('section').id"
        seen = []
        for _ in range(4):
            console.page.keyboard.press("F6")
            seen.append(console.page.evaluate(focused))
        assert seen == ["programs-pane", "processes-pane", "events-pane", "terminal-pane"]
        console.page.keyboard.type("typed")
        console.wait_for_line("typed")

    @pytest.mark.parametrize("width", [360, 760, 1080, 1360, 1920])
    def test_nothing_is_wider_than_the_window(self, console: Console, width: int) -> None:
        size = console.page.viewport_size
        assert size
        console.page.set_viewport_size({"width": width, "height": 800})
        assert console.page.evaluate("() => document.documentElement.scrollWidth") <= width
        console.page.set_viewport_size(size)


class TestBooting:
    @pytest.fixture
    def other_page(self, kernel_page: Page) -> Iterator[Page]:
        """A page in a browser context of its own, with nothing in its cache."""
        browser = kernel_page.context.browser
        assert browser
        context = browser.new_context()
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        yield page
        context.close()
        assert errors == []

    def test_a_corrupt_interpreter_is_named_and_retry_boots_from_scratch(
        self, kernel_page: Page, other_page: Page
    ) -> None:
        pattern = "**/pyodide.asm.wasm"
        other_page.route(pattern, lambda route: route.fulfill(body=b"<html>sign in first</html>"))
        other_page.goto(kernel_page.url)
        expect(other_page.locator("#boot-error")).to_be_visible(timeout=PATIENCE)
        expect(other_page.locator("#boot-error-code")).to_have_text("BOOT_WASM_CORRUPT")
        expect(other_page.locator("#kernel-state")).to_have_text("Kernel failed")
        retry = other_page.get_by_role("button", name="Retry")
        expect(retry).to_be_focused()
        other_page.unroute(pattern)
        other_page.keyboard.press("Enter")
        expect(other_page.locator("#kernel-state")).to_have_text("Kernel ready", timeout=2 * PATIENCE)
        console = Console(other_page)
        console.wait_for_prompt()
        assert any("aik run" in row for row in console.run("aik help"))
        assert other_page.evaluate("async () => (await aikernel.kernel).versions.pyodide") == "314.0.7"

    def test_a_kernel_that_has_ended_is_named_and_retry_starts_another(
        self, kernel_page: Page, other_page: Page
    ) -> None:
        other_page.goto(kernel_page.url)
        console = Console(other_page)
        console.wait_for_prompt()
        other_page.evaluate("async () => (await aikernel.kernel).dispose()")
        console.enter("aik help")
        expect(other_page.get_by_role("alertdialog", name="The kernel has stopped")).to_be_visible()
        expect(other_page.locator("#boot-error-code")).to_have_text("KERNEL_DISPOSED")
        other_page.get_by_role("button", name="Retry").click()
        expect(other_page.locator("#kernel-state")).to_have_text("Kernel ready", timeout=2 * PATIENCE)
        assert any("aik run" in row for row in console.run("aik help"))

    def test_progress_is_shown_in_bytes_and_told_to_assistive_technology(
        self, kernel_page: Page, other_page: Page
    ) -> None:
        other_page.add_init_script("""addEventListener("DOMContentLoaded", () => {
          globalThis.seen = { bytes: new Set(), announced: new Set(), stages: new Set() };
          new MutationObserver(() => {
            seen.bytes.add(document.getElementById("boot-bytes").textContent);
            seen.announced.add(document.getElementById("announcements").textContent);
            seen.stages.add(globalThis.aikernel?.progress.stage);
          }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
        })""")
        other_page.goto(kernel_page.url)
        expect(other_page.locator("#kernel-state")).to_have_text("Kernel ready", timeout=2 * PATIENCE)
        seen = other_page.evaluate(
            "() => Object.fromEntries(Object.entries(seen).map(([key, set]) => [key, [...set]]))"
        )
        assert any(re.fullmatch(r"[\d.]+ MB of 1\d\.\d MB", text) for text in seen["bytes"])
        assert "Download Python, step 2 of 5." in seen["announced"]
        assert "The kernel is ready." in seen["announced"]
        assert "download" in seen["stages"]
