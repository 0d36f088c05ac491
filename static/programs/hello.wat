;; hello: a complete WASI program in WebAssembly's text form, with nothing between it and the system.
;;
;;   $ aik run hello one two
;;   Hello from WebAssembly!
;;   My arguments:
;;     one
;;     two
;;   Say something; an empty line ends.
;;   > how are you?
;;   You said: how are you?
;;   >
;;   Goodbye!
;;
;; It reads until an empty line or the end of the input, so that it works at a terminal, behind a pipe and with no input
;; at all, and it exits with 0. A system call is an imported function: it takes integers, which are addresses in the
;; program's memory, and returns an error number, 0 for none.
;; https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md

(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  ;; The memory map. The arguments lie at its end, because nobody knows beforehand how much room they need.
  ;;      0  iovec: address and length of the bytes that fd_read and fd_write shall move
  ;;      8  how many bytes they moved
  ;;     16  number of arguments    20  bytes that they take
  ;;     64  the texts below
  ;;   4096  the input, 4096 bytes at a time
  ;;   8192  the arguments: an address for each, then their bytes, each ended by a zero
  (memory (export "memory") 1)

  (data (i32.const 64) "Hello from WebAssembly!\n")                ;; 24 bytes
  (data (i32.const 96) "My arguments:\n")                          ;; 14
  (data (i32.const 112) "  ")                                      ;; 2
  (data (i32.const 116) "\n")                                      ;; 1
  (data (i32.const 128) "Say something; an empty line ends.\n")    ;; 35
  (data (i32.const 176) "> ")                                      ;; 2
  (data (i32.const 192) "You said: ")                              ;; 10
  (data (i32.const 208) "Goodbye!\n")                              ;; 9

  ;; Write all bytes from $address on to standard output. One call may write fewer than it was given.
  (func $print (param $address i32) (param $length i32)
    (loop $again
      (if (i32.eqz (local.get $length)) (then (return)))
      (i32.store (i32.const 0) (local.get $address))
      (i32.store (i32.const 4) (local.get $length))
      (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
        (then (call $proc_exit (i32.const 1))))          ;; nobody listens: there is nothing left to do
      (local.set $address (i32.add (local.get $address) (i32.load (i32.const 8))))
      (local.set $length (i32.sub (local.get $length) (i32.load (i32.const 8))))
      (br $again)))

  ;; The number of bytes before the zero that ends the text at $address.
  (func $length_of (param $address i32) (result i32)
    (local $end i32)
    (local.set $end (local.get $address))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (i32.load8_u (local.get $end))))
        (local.set $end (i32.add (local.get $end) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $end) (local.get $address)))

  ;; Print every argument but the first, which is the program's own name.
  (func $print_arguments
    (local $count i32) (local $index i32) (local $argument i32) (local $end i32)
    (if (call $args_sizes_get (i32.const 16) (i32.const 20)) (then (return)))
    (local.set $count (i32.load (i32.const 16)))
    (if (i32.lt_u (local.get $count) (i32.const 2)) (then (return)))
    ;; Where they end, at four bytes an address; more memory if that lies beyond the 64 KiB there are.
    (local.set $end (i32.add (i32.const 8192)
      (i32.add (i32.mul (local.get $count) (i32.const 4)) (i32.load (i32.const 20)))))
    (if (i32.gt_u (local.get $end) (i32.const 65536))
      (then
        (if (i32.eq (memory.grow (i32.shr_u (local.get $end) (i32.const 16))) (i32.const -1))
          (then (return)))))
    (if (call $args_get (i32.const 8192)
          (i32.add (i32.const 8192) (i32.mul (local.get $count) (i32.const 4))))
      (then (return)))
    (call $print (i32.const 96) (i32.const 14))
    (local.set $index (i32.const 1))
    (loop $next
      (local.set $argument
        (i32.load (i32.add (i32.const 8192) (i32.mul (local.get $index) (i32.const 4)))))
      (call $print (i32.const 112) (i32.const 2))
      (call $print (local.get $argument) (call $length_of (local.get $argument)))
      (call $print (i32.const 116) (i32.const 1))
      (local.set $index (i32.add (local.get $index) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $index) (local.get $count)))))

  ;; Answer each line until one is empty or the input ends. A line may come in several pieces, a piece may hold several.
  (func $converse
    (local $at i32) (local $end i32) (local $from i32) (local $in_line i32)
    (call $print (i32.const 176) (i32.const 2))
    (loop $read
      (i32.store (i32.const 0) (i32.const 4096))
      (i32.store (i32.const 4) (i32.const 4096))
      ;; The program sleeps in this call while the person types.
      (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))
        (then (i32.store (i32.const 8) (i32.const 0)))) ;; no input to read from is an ended one
      (if (i32.eqz (i32.load (i32.const 8)))
        (then
          (call $print (i32.const 116) (i32.const 1))   ;; ends the last line, or the prompt's
          (return)))
      (local.set $at (i32.const 4096))
      (local.set $end (i32.add (local.get $at) (i32.load (i32.const 8))))
      (loop $line
        (local.set $from (local.get $at))
        (block $piece                                    ;; $at := the next line end, or the piece's end
          (loop $next
            (br_if $piece (i32.eq (local.get $at) (local.get $end)))
            (br_if $piece (i32.eq (i32.load8_u (local.get $at)) (i32.const 10)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next)))
        (if (i32.ne (local.get $from) (local.get $at))
          (then
            (if (i32.eqz (local.get $in_line))
              (then (call $print (i32.const 192) (i32.const 10))))
            (local.set $in_line (i32.const 1))
            (call $print (local.get $from) (i32.sub (local.get $at) (local.get $from)))))
        (br_if $read (i32.eq (local.get $at) (local.get $end)))
        (local.set $at (i32.add (local.get $at) (i32.const 1))) ;; over the line end
        (if (i32.eqz (local.get $in_line)) (then (return)))     ;; an empty line
        (local.set $in_line (i32.const 0))
        (call $print (i32.const 116) (i32.const 1))
        (call $print (i32.const 176) (i32.const 2))
        (br_if $read (i32.eq (local.get $at) (local.get $end)))
        (br $line))))

  (func (export "_start")
    (call $print (i32.const 64) (i32.const 24))
    (call $print_arguments)
    (call $print (i32.const 128) (i32.const 35))
    (call $converse)
    (call $print (i32.const 208) (i32.const 9))))
