"""Our WASI host held against wasmtime's: the same programs, the same answers, the same tree left behind."""
