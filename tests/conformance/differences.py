"""Where our host answers otherwise than wasmtime, on purpose, and why: nothing else may differ.

Where the standard is quoted, it is the documentation of preview 1: https://github.com/WebAssembly/WASI/tree/wasi-0.1/preview1
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """A line that wasmtime prints in its way and we in ours: regular expressions for the whole of each."""

    program: str
    wasmtime: str
    ours: str
    reason: str

    def covers(self, wasmtime: str, ours: str) -> bool:
        """Tell whether this is the difference between two lines."""
        return bool(re.fullmatch(self.wasmtime, wasmtime) and re.fullmatch(self.ours, ours))


DIFFERENCES = (
    Difference(
        "clocks",
        r"(resolution|time) of the (process|thread) clock: BADF",
        r"(resolution|time) of the (process|thread) clock: ok",
        "clockid: 'The CPU-time clock associated with the current process.' A worker runs one program; told is its "
        "time between its waits.",
    ),
    Difference(
        "rights",
        r".* (has|gives) .*",
        r".* (has|gives).*",
        "rights: 'File descriptor rights, determining which actions may be performed.' Reported is what was asked for "
        "at path_open and can be had; wasmtime reports its own idea of a file's and a directory's.",
    ),
    Difference(
        "rights",
        r"set flags \d+ of stdout: BADF",
        r"set flags \d+ of stdout: (ok|INVAL)",
        "fd_fdstat_set_flags: 'This is similar to fcntl(fd, F_SETFL, flags) in POSIX.' Streams can be non-blocking.",
    ),
    Difference(
        "shrinking",
        r".*",
        r".*",
        "fd_fdstat_set_rights: 'This can only be used to remove rights, and returns errno::notcapable if called in "
        "a way that would attempt to add rights'. wasmtime has no rights (NOTSUP); what ours must print is written "
        "out in test_preview1.py.",
    ),
    Difference(
        "descriptors",
        r"allocate.*: NOTSUP",
        r"allocate: ok|allocate (nothing|far away): INVAL",
        "fd_allocate: 'Force the allocation of space in a file. Note: This is similar to posix_fallocate in POSIX.' "
        "wasmtime has given it up.",
    ),
    Difference("descriptors", r"size 1", r"size 10", "The file that fd_allocate made longer, see above."),
    Difference(
        "paths",
        r"rmdir slash/: INVAL",
        r"rmdir slash/: ok",
        "path_remove_directory: 'Note: This is similar to unlinkat(fd, path, AT_REMOVEDIR) in POSIX', which removes a "
        "directory named with a slash; the official tests demand it.",
    ),
    Difference(
        "filestat",
        r"the file was changed: \d, the directory: \d",
        r"the file was changed: \d, the directory: \d",
        "filestat: 'ctim: Last file status change timestamp.' wasmtime tells the time of making; what ours must "
        "print is written out in test_preview1.py.",
    ),
    Difference(
        "readdir",
        r"while names vanish: 8 told \d times, 9 told \d times, repeated \d",
        r"while names vanish: 8 told 1 times, 9 told 1 times, repeated 0",
        "dircookie: 'A reference to the offset of a directory entry.' wasmtime counts the entries that are left, and "
        "misses some; POSIX leaves open only whether the removed ones are told.",
    ),
)

REFUSED_BY_US = {
    "faults": "errno: 'fault: Bad address.' wasmtime traps on a pointer outside memory.",
    "invalid": "errno: 'inval: Invalid argument.' wasmtime traps on a number that no enumeration or set of flags has.",
    "raise": "proc_raise: 'Note: This is similar to raise in POSIX': the signal's default action. wasmtime traps.",
    "unstable_poll": "The oracle's adapter has no poll_oneoff of preview 0.",
}
"""Programs that wasmtime does not run to their end, and why we differ."""

NOT_IN_SEQUENCES = {
    "O_DSYNC and its kin at path_open": "fdflags: 'Write according to synchronized I/O data integrity completion.' "
    "Everything here is written at once; wasmtime answers NOTSUP.",
    "files opened with CREAT or TRUNC for reading only": "fd_write needs 'rights::fd_write'; wasmtime opens for "
    "writing what it makes or cuts.",
    "files opened with no rights": "fd_read needs 'rights::fd_read'; wasmtime opens for reading what is not opened "
    "for writing.",
    "set_times without flags": "wasmtime does not look for the file then; we say NOENT.",
    "two paths of a call both at fault": "Which of two errors comes first is not said; ours is the first path's.",
    "a path of 4096 bytes and more for a call about a name": "PATH_MAX holds for the whole path here, and "
    "for all but its last name there.",
}
"""What the made-up sequences leave out because it differs."""
