;; rain: a program that draws and sounds, in WebAssembly's text form, with nothing between it and the system.
;;
;;   $ aik run rain               half a minute of it
;;   $ aik run --seed 7 rain      the same drops at the same places, whenever it is run
;;
;; Display and loudspeaker are files, which static/include/aikernel.h describes: a control file takes lines of text, a
;; data file pixels or samples. The drops fall where random_get says; the program sleeps until each picture is due.
;; https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md

(module
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  ;; The memory map.
  ;;      0  iovec: address and length of the bytes that fd_write shall write
  ;;      8  how many bytes it wrote, which descriptor path_open opened, how many events poll_oneoff had
  ;;     16  the time, in nanoseconds
  ;;     24  random bytes: column, row, note, and how long until the next drop
  ;;     32  what poll_oneoff shall wait for, 48 bytes     96  what it waited for, 32 bytes
  ;;    128  the texts below
  ;;    384  six notes: how far a sample of each goes on in its wave, whose length is 2
  ;;    512  eight drops of 24 bytes: column, row, radius, height; place in its wave, loudness
  ;;   1024  the samples of a picture's time, 1600 of 4 bytes
  ;;  65536  the picture, 320 by 200 pixels of 4 bytes: red, green, blue, alpha
  (memory (export "memory") 5)

  (data (i32.const 128) "dev/fb/ctl")                                        ;; 10 bytes
  (data (i32.const 144) "dev/fb/data")                                       ;; 11
  (data (i32.const 160) "dev/audio/ctl")                                     ;; 13
  (data (i32.const 176) "dev/audio/data")                                    ;; 14
  (data (i32.const 192) "size 320 200\nformat rgba8888\n")                   ;; 29
  (data (i32.const 224) "rate 48000\nchannels 1\nformat f32le\n")            ;; 35
  (data (i32.const 272) "It rains for half a minute; Ctrl-C ends it.\n")     ;; 44
  (data (i32.const 320) "There is no display here.\n")                       ;; 26

  (global $screen (mut i32) (i32.const 0))
  (global $speaker (mut i32) (i32.const 0))
  (global $newest (mut i32) (i32.const 512))   ;; the drop that fell last

  ;; Open a file for writing, below whichever directory the program was given that has it; -1 where there is none.
  (func $open (param $path i32) (param $length i32) (result i32)
    (local $directory i32)
    (local.set $directory (i32.const 3))
    (loop $next
      (if (i32.eqz (call $path_open (local.get $directory) (i32.const 0) (local.get $path) (local.get $length)
            (i32.const 0) (i64.const 0x40) (i64.const 0) (i32.const 0) (i32.const 8))) ;; 0x40: the right to write
        (then (return (i32.load (i32.const 8)))))
      (local.set $directory (i32.add (local.get $directory) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $directory) (i32.const 16))))
    (i32.const -1))

  ;; Write all bytes from $address on. One call may write fewer than it was given. Nobody minds one that fails.
  (func $write (param $fd i32) (param $address i32) (param $length i32)
    (loop $again
      (if (i32.eqz (local.get $length)) (then (return)))
      (i32.store (i32.const 0) (local.get $address))
      (i32.store (i32.const 4) (local.get $length))
      (if (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)) (then (return)))
      (local.set $address (i32.add (local.get $address) (i32.load (i32.const 8))))
      (local.set $length (i32.sub (local.get $length) (i32.load (i32.const 8))))
      (br $again)))

  ;; Sleep until a moment of the monotonic clock.
  (func $sleep_until (param $moment i64)
    (i64.store (i32.const 32) (i64.const 0))               ;; what it is told back, nothing
    (i32.store8 (i32.const 40) (i32.const 0))              ;; a clock
    (i32.store (i32.const 48) (i32.const 1))               ;; the monotonic one
    (i64.store (i32.const 56) (local.get $moment))
    (i64.store (i32.const 64) (i64.const 0))               ;; to the nanosecond
    (i32.store16 (i32.const 72) (i32.const 1))             ;; a moment, not a duration
    (drop (call $poll_oneoff (i32.const 32) (i32.const 96) (i32.const 1) (i32.const 8))))

  ;; A wave between -1 and 1 that repeats after 2: a parabola up, and one down.
  (func $wave (param $x f32) (result f32)
    (local.set $x (f32.sub (local.get $x)
      (f32.mul (f32.const 2) (f32.floor (f32.mul (f32.add (local.get $x) (f32.const 1)) (f32.const 0.5))))))
    (f32.mul (f32.mul (f32.const 4) (local.get $x)) (f32.sub (f32.const 1) (f32.abs (local.get $x)))))

  ;; Let a drop fall, in the place of the oldest. Answers how many pictures later the next one falls.
  (func $fall (result i32)
    (drop (call $random_get (i32.const 24) (i32.const 4)))
    (global.set $newest (i32.add (global.get $newest) (i32.const 24)))
    (if (i32.ge_u (global.get $newest) (i32.const 704)) (then (global.set $newest (i32.const 512))))
    (f32.store offset=0 (global.get $newest)
      (f32.mul (f32.const 1.25) (f32.convert_i32_u (i32.load8_u (i32.const 24)))))
    (f32.store offset=4 (global.get $newest)
      (f32.mul (f32.const 0.78) (f32.convert_i32_u (i32.load8_u (i32.const 25)))))
    (f32.store offset=8 (global.get $newest) (f32.const 0))
    (f32.store offset=12 (global.get $newest) (f32.const 1))
    (f32.store offset=16 (global.get $newest) (f32.const 0))
    (f32.store offset=20 (global.get $newest) (f32.const 0.2))
    (i32.add (i32.const 8) (i32.and (i32.load8_u (i32.const 27)) (i32.const 15))))

  ;; The samples of a thirtieth of a second: each drop's note, which fades. A note is its column's.
  (func $sound
    (local $sample i32) (local $drop i32) (local $sum f32) (local $place f32)
    (loop $next_sample
      (local.set $sum (f32.const 0))
      (local.set $drop (i32.const 512))
      (loop $next_drop
        (local.set $place (f32.add (f32.load offset=16 (local.get $drop))
          (f32.load offset=384
            (i32.shl (i32.rem_u (i32.trunc_f32_u (f32.load (local.get $drop))) (i32.const 6)) (i32.const 2)))))
        (if (f32.ge (local.get $place) (f32.const 1))
          (then (local.set $place (f32.sub (local.get $place) (f32.const 2)))))
        (f32.store offset=16 (local.get $drop) (local.get $place))
        (local.set $sum (f32.add (local.get $sum)
          (f32.mul (f32.load offset=20 (local.get $drop)) (call $wave (local.get $place)))))
        (f32.store offset=20 (local.get $drop) (f32.mul (f32.load offset=20 (local.get $drop)) (f32.const 0.9999)))
        (local.set $drop (i32.add (local.get $drop) (i32.const 24)))
        (br_if $next_drop (i32.lt_u (local.get $drop) (i32.const 704))))
      (f32.store offset=1024 (i32.shl (local.get $sample) (i32.const 2)) (local.get $sum))
      (local.set $sample (i32.add (local.get $sample) (i32.const 1)))
      (br_if $next_sample (i32.lt_u (local.get $sample) (i32.const 1600))))
    (call $write (global.get $speaker) (i32.const 1024) (i32.const 6400)))

  ;; How high the water stands at a place: every drop's ring is a few waves around its radius.
  (func $height (param $x f32) (param $y f32) (result f32)
    (local $drop i32) (local $sum f32) (local $across f32) (local $down f32) (local $within f32)
    (local.set $drop (i32.const 512))
    (loop $next
      (local.set $across (f32.sub (local.get $x) (f32.load offset=0 (local.get $drop))))
      (local.set $down (f32.sub (local.get $y) (f32.load offset=4 (local.get $drop))))
      (local.set $within (f32.div
        (f32.sub
          (f32.sqrt (f32.add
            (f32.mul (local.get $across) (local.get $across)) (f32.mul (local.get $down) (local.get $down))))
          (f32.load offset=8 (local.get $drop)))
        (f32.const 22)))
      (if (f32.lt (f32.abs (local.get $within)) (f32.const 1))
        (then
          (local.set $sum (f32.add (local.get $sum) (f32.mul
            (f32.mul (f32.load offset=12 (local.get $drop)) (call $wave (f32.mul (local.get $within) (f32.const 3))))
            (f32.sub (f32.const 1) (f32.mul (local.get $within) (local.get $within))))))))
      (local.set $drop (i32.add (local.get $drop) (i32.const 24)))
      (br_if $next (i32.lt_u (local.get $drop) (i32.const 704))))
    (local.get $sum))

  ;; The picture: deep water is dark, and crests are light.
  (func $picture
    (local $x i32) (local $y i32) (local $at i32) (local $light f32)
    (local.set $at (i32.const 65536))
    (loop $row
      (local.set $x (i32.const 0))
      (loop $column
        (local.set $light (f32.min (f32.const 1) (f32.max (f32.const 0)
          (f32.add
            (f32.mul (f32.const 0.55)
              (call $height (f32.convert_i32_u (local.get $x)) (f32.convert_i32_u (local.get $y))))
            (f32.add (f32.const 0.3) (f32.mul (f32.const 0.0006) (f32.convert_i32_u (local.get $y))))))))
        (i32.store8 offset=0 (local.get $at) (i32.trunc_f32_u (f32.mul (f32.const 240)
          (f32.mul (local.get $light) (f32.mul (local.get $light) (local.get $light))))))
        (i32.store8 offset=1 (local.get $at) (i32.trunc_f32_u (f32.add (f32.const 20)
          (f32.mul (f32.const 235) (local.get $light)))))
        (i32.store8 offset=2 (local.get $at) (i32.trunc_f32_u (f32.add (f32.const 60)
          (f32.mul (f32.const 190) (local.get $light)))))
        (i32.store8 offset=3 (local.get $at) (i32.const 255))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (local.set $x (i32.add (local.get $x) (i32.const 1)))
        (br_if $column (i32.lt_u (local.get $x) (i32.const 320))))
      (local.set $y (i32.add (local.get $y) (i32.const 1)))
      (br_if $row (i32.lt_u (local.get $y) (i32.const 200))))
    (call $write (global.get $screen) (i32.const 65536) (i32.const 256000)))

  ;; Let all rings grow, and become lower.
  (func $grow
    (local $drop i32)
    (local.set $drop (i32.const 512))
    (loop $next
      (f32.store offset=8 (local.get $drop) (f32.add (f32.load offset=8 (local.get $drop)) (f32.const 2.2)))
      (f32.store offset=12 (local.get $drop) (f32.mul (f32.load offset=12 (local.get $drop)) (f32.const 0.975)))
      (local.set $drop (i32.add (local.get $drop) (i32.const 24)))
      (br_if $next (i32.lt_u (local.get $drop) (i32.const 704)))))

  ;; Open a device: tell its control file what is wanted, and return its data file, or -1.
  (func $device (param $control i32) (param $length i32) (param $wanted i32) (param $size i32)
    (param $data i32) (param $data_length i32) (result i32)
    (local $fd i32)
    (local.set $fd (call $open (local.get $control) (local.get $length)))
    (call $write (local.get $fd) (local.get $wanted) (local.get $size))
    (call $open (local.get $data) (local.get $data_length)))

  (func (export "_start")
    (local $picture i32) (local $next_drop i32) (local $begin i64)
    (global.set $screen (call $device (i32.const 128) (i32.const 10) (i32.const 192) (i32.const 29)
      (i32.const 144) (i32.const 11)))
    (global.set $speaker (call $device (i32.const 160) (i32.const 13) (i32.const 224) (i32.const 35)
      (i32.const 176) (i32.const 14)))
    (if (i32.eq (global.get $screen) (i32.const -1))
      (then
        (call $write (i32.const 2) (i32.const 320) (i32.const 26))
        (call $proc_exit (i32.const 1))))
    (call $write (i32.const 1) (i32.const 272) (i32.const 44))
    ;; 523.25, 587.33, 659.26, 783.99, 880 and 1046.5 Hz at 48 000 samples a second.
    (f32.store (i32.const 384) (f32.const 0.0218021))
    (f32.store (i32.const 388) (f32.const 0.0244721))
    (f32.store (i32.const 392) (f32.const 0.0274692))
    (f32.store (i32.const 396) (f32.const 0.0326663))
    (f32.store (i32.const 400) (f32.const 0.0366667))
    (f32.store (i32.const 404) (f32.const 0.0436042))
    (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 16)))
    (local.set $begin (i64.load (i32.const 16)))
    (loop $next
      (if (i32.eqz (local.get $next_drop)) (then (local.set $next_drop (call $fall))))
      (local.set $next_drop (i32.sub (local.get $next_drop) (i32.const 1)))
      (call $picture)
      (call $sound)
      (call $grow)
      (local.set $picture (i32.add (local.get $picture) (i32.const 1)))
      (call $sleep_until (i64.add (local.get $begin)
        (i64.mul (i64.extend_i32_u (local.get $picture)) (i64.const 33333333))))
      (br_if $next (i32.lt_u (local.get $picture) (i32.const 900))))))
