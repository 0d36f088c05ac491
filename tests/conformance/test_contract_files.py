"""One set of file operations: a context without a module, one with an instance, and a process answer the same.

What they answer stands here once; the three are two implementations, one in Python and one beside the program.
"""

from __future__ import annotations

import io
import tarfile
from typing import Any

import pytest
from programs import compile_program

from .interpreters import interpreter_called

SETUP = {
    "no module": "target = kernel.context",
    "instance": """
target = kernel.runtime.create_context()
await target.load_module(module)
target.instantiate()""",
    "process": """
from aikernel_web import WasmProcessOptions
target = await kernel.processes.create_process("reactor", WasmProcessOptions(module_bytes=module, stay=True))
await target.start()""",
}
CARRY_OUT = """
answers = []
files = kernel.providers_of(target).filesystem
for name, *args in steps:
    keywords = {"recursive": True} if name == "delete" and args.pop(1) else {}
    result = await getattr(files, "try_" + name)(*args, **keywords)
    value = result.error.error_code if result.is_failure else result.value
    if name == "stat" and result.is_success:
        value = [value.path, value.kind, value.size, value.links, value.target]
    elif name == "list_directory" and result.is_success:
        value = [[entry.name, entry.kind, entry.size] for entry in value]
    elif name == "quota":
        value = [value.bytes, value.files]
    answers.append(list(value) if isinstance(value, tuple) else value)
answers
"""
"""Carries out steps by the file system provider; a failure's answer is its code."""


def links() -> bytes:
    """An archive of nothing but symbolic links."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, target in {
            "to-file": "a/f",
            "to-dir": "a",
            "back": "a/../a",
            "loop": "loop",
            "out": "../../a",
            "abs": "/a",
            "gone": "nothing",
        }.items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
    return made.getvalue()


Steps = list[tuple[tuple[Any, ...], Any]]

SEQUENCES: dict[str, Steps] = {
    "paths": [
        (("write_file", "/a//b/./c", b"1"), None),
        (("read_file", "/a/b/c"), b"1"),
        (("read_file", "/a/b/../b/c"), "WASM_PATH_INVALID"),
        (("write_file", "rel", b"2"), None),
        (("read_file", "/rel"), b"2"),
        (("list_files",), ["/a/b/c", "/rel"]),
        (("list_files", "/a/b/c"), ["/a/b/c"]),
        (("stat", "/a/b/"), ["/a/b", "directory", 4096, 2, None]),
        (("stat", "/a"), ["/a", "directory", 4096, 3, None]),
        (("read_file", "/a/b/c/"), b"1"),
        (("write_file", "/nul\0x", b""), "WASM_PATH_INVALID"),
        (("write_file", "/" + "n" * 256, b""), "WASM_PATH_INVALID"),
        (("write_file", "/\u00e9" + "n" * 254, b""), "WASM_PATH_INVALID"),
        (("write_file", "/\u00e9" + "n" * 253, b""), None),
        (("read_file", "/.."), "WASM_PATH_INVALID"),
        (("write_file", "/", b""), "WASM_FILE_IS_DIRECTORY"),
        (("read_file", ""), "WASM_NAME_REQUIRED"),
        (("write_file", "", b""), "WASM_NAME_REQUIRED"),
        (("stat", ""), "WASM_PATH_INVALID"),
        (("list_files", ""), "WASM_PATH_INVALID"),
        (("delete", "", False), "WASM_PATH_INVALID"),
        (("rename", "", "/z"), "WASM_PATH_INVALID"),
        (("make_directory", ""), "WASM_PATH_INVALID"),
        (("list_directory", ""), "WASM_PATH_INVALID"),
    ],
    "delete": [
        (("write_file", "/d/e/f", b"x"), None),
        (("delete", "/d/e", False), "WASM_DIRECTORY_NOT_EMPTY"),
        (("delete", "/d/e/f", False), None),
        (("delete", "/d/e", False), None),
        (("delete", "/d/e", False), "WASM_FILE_NOT_FOUND"),
        (("delete", "/", False), "WASM_FILE_BUSY"),
        (("delete", "/", True), "WASM_FILE_BUSY"),
        (("write_file", "/d/g/h", b""), None),
        (("delete", "/d", True), None),
        (("list_files",), []),
        (("list_directory", "/"), []),
        (("delete", "/none", True), "WASM_FILE_NOT_FOUND"),
        (("write_file", "/f", b""), None),
        (("delete", "/f/x", False), "WASM_FILE_NOT_DIRECTORY"),
        (("delete", "/f", True), None),
    ],
    "rename": [
        (("write_file", "/a", b"1"), None),
        (("write_file", "/b", b"2"), None),
        (("rename", "/a", "/b"), None),
        (("read_file", "/b"), b"1"),
        (("rename", "/b", "/b"), None),
        (("make_directory", "/d"), None),
        (("rename", "/b", "/d"), "WASM_FILE_IS_DIRECTORY"),
        (("rename", "/d", "/b"), "WASM_FILE_NOT_DIRECTORY"),
        (("rename", "/b", "/d/b"), None),
        (("rename", "/d", "/d/x"), "WASM_PATH_INVALID"),
        (("make_directory", "/e"), None),
        (("rename", "/d", "/e"), None),
        (("list_files",), ["/e/b"]),
        (("make_directory", "/d2"), None),
        (("rename", "/e", "/none/e"), "WASM_FILE_NOT_FOUND"),
        (("rename", "/none", "/x"), "WASM_FILE_NOT_FOUND"),
        (("rename", "/d2", "/e"), "WASM_DIRECTORY_NOT_EMPTY"),
        (("rename", "/", "/x"), "WASM_FILE_BUSY"),
        (("rename", "/e", "/"), "WASM_FILE_BUSY"),
        (("list_directory", "/"), [["d2", "directory", 4096], ["e", "directory", 4096]]),
    ],
    "kinds": [
        (("write_file", "/f", b"x"), None),
        (("make_directory", "/f"), "WASM_FILE_EXISTS"),
        (("make_directory", "/f/g"), "WASM_FILE_NOT_DIRECTORY"),
        (("make_directory", "/d/e"), None),
        (("make_directory", "/d"), None),
        (("write_file", "/d", b""), "WASM_FILE_IS_DIRECTORY"),
        (("read_file", "/d"), "WASM_FILE_IS_DIRECTORY"),
        (("write_file", "/f/g", b""), "WASM_FILE_NOT_DIRECTORY"),
        (("read_file", "/f/g"), "WASM_FILE_NOT_DIRECTORY"),
        (("list_directory", "/f"), "WASM_FILE_NOT_DIRECTORY"),
        (("stat", "/f"), ["/f", "file", 1, 1, None]),
        (("list_directory", "/"), [["d", "directory", 4096], ["f", "file", 1]]),
    ],
    "links": [
        (("import_archive", "/", links()), 7),
        (("write_file", "/a/f", b"seen"), None),
        (("read_file", "/to-file"), b"seen"),
        (("stat", "/to-file"), ["/to-file", "symlink", 3, 1, "a/f"]),
        (("read_file", "/to-dir/f"), b"seen"),
        (("read_file", "/back/f"), b"seen"),
        (("list_files", "/to-dir"), ["/to-dir/f"]),
        (("list_directory", "/to-dir"), [["f", "file", 4]]),
        (("read_file", "/loop"), "WASM_PATH_INVALID"),
        (("write_file", "/loop", b""), "WASM_PATH_INVALID"),
        (("read_file", "/out/f"), "WASM_PATH_INVALID"),
        (("read_file", "/abs/f"), "WASM_PATH_INVALID"),
        (("read_file", "/gone"), "WASM_FILE_NOT_FOUND"),
        (("write_file", "/gone", b"made"), None),
        (("read_file", "/nothing"), b"made"),
        (("write_file", "/to-file", b"new"), None),
        (("read_file", "/a/f"), b"new"),
        (("rename", "/to-file", "/moved"), None),
        (("stat", "/moved"), ["/moved", "symlink", 3, 1, "a/f"]),
        (("delete", "/to-dir", True), None),
        (("delete", "/moved", False), None),
        (("list_files",), ["/a/f", "/abs", "/back", "/gone", "/loop", "/nothing", "/out"]),
    ],
    "quota": [
        (("quota",), [0, 1]),
        (("write_file", "/a/f", b"xyz"), None),
        (("quota",), [3, 3]),
        (("write_file", "/a/f", b"x"), None),
        (("make_directory", "/b/c"), None),
        (("quota",), [1, 5]),
        (("delete", "/a", True), None),
        (("quota",), [0, 3]),
    ],
    "mounts": [
        (("write_file", "/m/under", b"u"), None),
        (("mount", "/m", {"/top": b"t"}), None),
        (("list_files",), ["/m/top"]),
        (("read_file", "/m/under"), "WASM_FILE_NOT_FOUND"),
        (("write_file", "/m/new", b"n"), None),
        (("mount", "/f/deep/er", {"/q": b""}), None),
        (("mount", "rel", {"/k": b""}), "WASM_PATH_INVALID"),
        (("list_files",), ["/f/deep/er/q", "/m/new", "/m/top"]),
    ],
}


@pytest.mark.parametrize("sequence", SEQUENCES)
@pytest.mark.parametrize(
    ("where", "place"),
    [("cpython", "no module"), ("chromium", "no module"), ("chromium", "instance"), ("chromium", "process")],
)
def test_files_answer_the_same_everywhere(
    request: pytest.FixtureRequest, where: str, place: str, sequence: str
) -> None:
    steps, wanted = zip(*SEQUENCES[sequence], strict=True)
    module = compile_program("process/heap_devices").read_bytes() if place != "no module" else b""
    code = f"module, steps = {module!r}, {list(steps)!r}\n{SETUP[place]}\n{CARRY_OUT}"
    answers = interpreter_called(where, request).run(code)
    assert list(zip(steps, answers, strict=True)) == list(zip(steps, wanted, strict=True))
