"""Raw terminals on the console page: the program has every key, and the shell gets its line editing back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from programs import compile_program
from test_console_page import PATIENCE, Console, console

__all__ = ["console"]  # the fixture


def keys(bytes_of: str) -> str:
    """Return the row in which the program shows a key's bytes."""
    return " ".join(f"{byte:02x}" for byte in bytes_of.encode())


@pytest.fixture
def viewer(console: Console) -> Console:
    """The console with the key viewer added."""
    console.add("keys", compile_program("dev_keys").read_bytes())
    return console


def start(console: Console, count: int) -> None:
    console.enter(f"aik run keys {count}")
    console.wait_for_row("ready")
    expect(console.page.locator("#terminal-raw-keys")).to_be_visible(timeout=PATIENCE)


class TestKeys:
    @pytest.mark.parametrize(
        ("key", "sent"),
        [
            ("a", "a"),
            ("é", "é"),
            ("Enter", "\r"),
            ("Tab", "\t"),
            ("Shift+Tab", "\x1b[Z"),
            ("Backspace", "\x7f"),
            ("Escape", "\x1b"),
            ("Control+c", "\x03"),
            ("Control+d", "\x04"),
            ("Control+v", "\x16"),
            ("Control+l", "\x0c"),
            ("Control+z", "\x1a"),
            ("ArrowUp", "\x1b[A"),
            ("ArrowDown", "\x1b[B"),
            ("ArrowRight", "\x1b[C"),
            ("ArrowLeft", "\x1b[D"),
            ("Control+ArrowLeft", "\x1b[1;5D"),
            ("Home", "\x1b[H"),
            ("End", "\x1b[F"),
            ("PageUp", "\x1b[5~"),
            ("Delete", "\x1b[3~"),
            ("F1", "\x1bOP"),
            ("Alt+x", "\x1bx"),
        ],
    )
    def test_a_key_reaches_the_program_as_a_terminal_sends_it(self, viewer: Console, key: str, sent: str) -> None:
        start(viewer, 1)
        if len(key) == 1 and not key.isascii():
            viewer.page.keyboard.insert_text(key)
        else:
            viewer.press(key)
        rows = viewer.wait_for_prompt()
        assert rows[1:-1] == ["ready", keys(sent)]

    def test_nothing_is_echoed(self, viewer: Console) -> None:
        start(viewer, 3)
        viewer.type("abc")
        assert viewer.wait_for_prompt()[1:-1] == ["ready", "61", "62", "63"]

    def test_what_was_typed_before_is_handed_over(self, viewer: Console) -> None:
        viewer.add("late", compile_program("dev_script").read_bytes())
        viewer.enter('aik run late "read 0 9" "open /dev/consctl w" "write 3 rawon" "read 0 9"')
        viewer.type("typed")
        viewer.wait(lambda rows: rows[-1:] == ["typed"], "No echo")
        viewer.press("Enter")
        viewer.wait(lambda rows: r'"typed\n"' in rows, "Not read as a line")
        viewer.type("x")
        rows = viewer.wait_for_prompt()
        assert rows[-2] == '"x"'

    def test_pasted_text_arrives_with_enter_between_its_lines(self, viewer: Console) -> None:
        start(viewer, 1)
        viewer.paste("a\nb")
        assert viewer.wait_for_prompt()[1:-1] == ["ready", keys("a\rb")]


class TestTheWayOut:
    def test_control_backslash_ends_a_raw_program(self, viewer: Console) -> None:
        start(viewer, 9)
        viewer.press("Control+\\")
        assert viewer.wait_for_prompt()[-1] == "137 $"

    def test_the_kill_button_ends_a_raw_program(self, viewer: Console) -> None:
        start(viewer, 9)
        viewer.page.get_by_role("button", name="Kill keys").first.click()
        assert viewer.wait_for_prompt()[-1] == "137 $"

    def test_f6_leaves_the_terminal(self, viewer: Console) -> None:
        start(viewer, 1)
        viewer.press("F6")
        assert viewer.page.evaluate("() => document.activeElement.closest('section').id") == "programs-pane"
        viewer.press("x")
        viewer.wait_for_prompt()

    def test_afterwards_lines_are_edited_again(self, viewer: Console) -> None:
        start(viewer, 9)
        viewer.press("Control+\\")
        viewer.wait_for_prompt()
        expect(viewer.page.locator("#terminal-keys")).to_be_visible()
        viewer.type("nonsens")
        viewer.press("ArrowLeft", "Home", "End")
        viewer.type("e")
        viewer.press("Enter")
        viewer.wait_for_row("unknown command: nonsense")
        viewer.enter("aik run hello")
        viewer.wait_for_row(">")
        viewer.press("Control+c")
        viewer.wait_for_prompt()


class TestFullScreen:
    def test_it_is_redrawn_when_the_room_changes_and_leaves_no_trace(self, viewer: Console) -> None:
        size = viewer.page.viewport_size
        assert size
        viewer.enter("aik run keys")
        before = viewer.wait(lambda rows: any("terminal" in row for row in rows), "No screen")
        viewer.page.set_viewport_size({"width": size["width"] - 200, "height": size["height"] - 100})
        told = next(row for row in before if "terminal" in row)
        viewer.wait(lambda rows: any("terminal" in row and row != told for row in rows), "Not drawn anew")
        viewer.page.set_viewport_size(size)
        viewer.wait(lambda rows: told in rows, "Not drawn as before")
        viewer.press("ArrowUp")
        viewer.wait(lambda rows: any("1b 5b 41 ^[[A" in row for row in rows), "No key")
        viewer.press("q")
        assert viewer.wait_for_prompt()[:2] == ["$ aik run keys", "1 keys"]

    def test_the_program_finds_a_terminal_of_the_pages_size(self, viewer: Console) -> None:
        viewer.add("script", compile_program("dev_script").read_bytes())
        rows = viewer.run('aik run script "isatty 0" "isatty 1" "open /dev/consctl r" "read 3 9"')
        assert rows[:3] == ["1", "1", "3"]
        assert rows[3].startswith('"size ')

    def test_the_environment_names_the_terminal(self, viewer: Console) -> None:
        viewer.add("environment", compile_program("environment").read_bytes())
        rows = viewer.run("aik run environment")
        assert [row.split("=")[0] for row in rows] == ["COLUMNS", "LINES", "TERM"]
        assert rows[2] == "TERM=xterm-256color"


def test_a_terminal_answers_a_raw_program_only(viewer: Console) -> None:
    viewer.add("script", compile_program("dev_script").read_bytes())
    ask = r'"write 1 \x1b[6n"'
    viewer.enter(f'aik run script "open /dev/consctl w" "write 3 rawon" {ask} "read 0 2"')
    assert viewer.wait_for_prompt()[-2] == r'"\x1b["'
    viewer.clear()
    viewer.run(f"aik run script {ask}")
    assert viewer.rows()[-1] == "$"
