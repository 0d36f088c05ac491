/**
 * The records of /dev/input/events, as static/include/aikernel.h declares them to C: 32 bytes, little-endian.
 *
 *     offset  size  field
 *      0      u64   time       nanoseconds since the Unix epoch (CLOCK_REALTIME); 0 is replaced by the time of arrival
 *      8      u16   type       INPUT_TYPES
 *     10      u16   action     INPUT_ACTIONS
 *     12      u16   code       which key, button or axis
 *     14      u16   modifiers  INPUT_MODIFIERS, of keys and pointers
 *     16      u32   device     which pointer (PointerEvent.pointerId) or gamepad (Gamepad.index); 0 for keys
 *     20      i32   x          pointer: column of the picture; wheel: to the right, in pixels
 *     24      i32   y          pointer: row of the picture; wheel: downwards, in pixels
 *     28      i32   value      see below
 *
 * key: `code` is the key's usage on page 7 of the USB HID Usage Tables (its place on the keyboard, whatever the layout), `value`
 * the Unicode code point that it types, 0 for none. pointer: `code` is the button (PointerEvent.button) of down and up, `value`
 * what buttons are down (PointerEvent.buttons). gamepad button: `code` is its index in the standard gamepad's layout, `value` 0
 * to 32767; gamepad axis: action move, `code` its index, `value` -32767 to 32767. overflow: `value` records were lost here.
 */
export const INPUT_RECORD_BYTES = 32;

export const INPUT_TYPES = Object.freeze({ overflow: 0, key: 1, pointer: 2, wheel: 3, gamepad_button: 4, gamepad_axis: 5 });

export const INPUT_ACTIONS = Object.freeze({ up: 0, down: 1, repeat: 2, move: 3 });

export const INPUT_MODIFIERS = Object.freeze({ shift: 1, control: 2, alt: 4, meta: 8 });

/** Records that wait for the program to read them. */
export const INPUT_QUEUE_RECORDS = 1024;
