"""`wasi_unstable` (preview 0) for wasmtime, which embeds preview 1 only: an adapter between the layouts of the two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import wasmtime

UNSTABLE = "wasi_unstable"
_PREVIEW1 = "wasi_snapshot_preview1"
_ENOSYS = 52

# Preview 0 counts whence CUR, END, SET where preview 1 counts SET, CUR, END; its filestat is 56 bytes with 32 bits for
# the links, preview 1's is 64 with 64 bits. The adapter shares the guest's memory, so that wasmtime writes there.
_ADAPTER = """
(module
  (import "guest" "memory" (memory 0))
  (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_get" (func $fd_stat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $path_stat (param i32 i32 i32 i32 i32) (result i32)))
  (export "memory" (memory 0))
  (func (export "fd_seek") (param i32 i64 i32 i32) (result i32)
    (call $seek (local.get 0) (local.get 1)
      (i32.rem_u (i32.add (local.get 2) (i32.const 1)) (i32.const 3)) (local.get 3)))
  (func $narrow (param $at i32) (param $behind i64) (param $errno i32) (result i32)
    (if (i32.eqz (local.get $errno)) (then
      (i32.store offset=20 (local.get $at) (i32.load offset=24 (local.get $at)))
      (memory.copy (i32.add (local.get $at) (i32.const 24)) (i32.add (local.get $at) (i32.const 32)) (i32.const 32))
      (i64.store offset=56 (local.get $at) (local.get $behind))))
    (local.get $errno))
  (func (export "fd_filestat_get") (param $fd i32) (param $at i32) (result i32)
    (call $narrow (local.get $at) (i64.load offset=56 (local.get $at))
      (call $fd_stat (local.get $fd) (local.get $at))))
  (func (export "path_filestat_get") (param i32 i32 i32 i32) (param $at i32) (result i32)
    (call $narrow (local.get $at) (i64.load offset=56 (local.get $at))
      (call $path_stat (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get $at)))))
"""
_ADAPTED = ("fd_seek", "fd_filestat_get", "path_filestat_get")


def define_unstable(
    linker: wasmtime.Linker, store: wasmtime.Store, module: wasmtime.Module
) -> Callable[[wasmtime.Instance], None]:
    """Define what `module` imports of preview 0; call the result with its instance before anything of it runs.

    `poll_oneoff`, whose subscriptions differ too, answers ENOSYS.
    """
    adapter: dict[str, Any] = {}

    def adapted(name: str) -> Callable[..., object]:
        return lambda *args: adapter[name](store, *args)

    for asked in module.imports:
        name = asked.name or ""
        if asked.module != UNSTABLE or not isinstance(asked.type, wasmtime.FuncType):
            continue
        if name in _ADAPTED:
            linker.define_func(UNSTABLE, name, asked.type, adapted(name))
        elif name == "poll_oneoff":
            linker.define_func(UNSTABLE, name, asked.type, lambda *_: _ENOSYS)
        else:
            linker.define(store, UNSTABLE, name, linker.get(store, _PREVIEW1, name))

    def attach(guest: wasmtime.Instance) -> None:
        linker.define(store, "guest", "memory", guest.exports(store)["memory"])
        made = linker.instantiate(store, wasmtime.Module(store.engine, wasmtime.wat2wasm(_ADAPTER)))
        adapter.update({name: made.exports(store)[name] for name in _ADAPTED})

    return attach
