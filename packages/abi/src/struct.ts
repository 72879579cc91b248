/**
 * How a field of a struct appears in JavaScript.
 *
 * - `number`: an unsigned integer. A 64-bit one at or above 2^53 decodes to a rounded number that
 *   `Number.isSafeInteger` refuses (all ones decode to 2^64): check before use.
 * - `signed`: a two's complement integer; a 64-bit one beyond 2^53 either way is unsafe as above.
 * - `bigint`: 64 unsigned bits, exact. Zero is decoded without an allocation.
 * - `ino`: 64 unsigned bits, exact: a number where it is safe, else a bigint.
 * - `halves`: 64 bits as two unsigned 32-bit numbers, exact and without an allocation.
 * - `record`: a nested struct.
 * - `bytes`: a fixed run of bytes.
 * - `padding`: not shown; written as zero.
 * - `flexible`: what follows the struct; not part of its size and not shown.
 */
export type FieldKind =
  | 'number'
  | 'signed'
  | 'bigint'
  | 'ino'
  | 'halves'
  | 'record'
  | 'bytes'
  | 'padding'
  | 'flexible'

/** One field of a struct, padding included. */
export interface FieldDescriptor {
  /** Name in C. */
  readonly cName: string
  /** Type in C, an array with its length: `uint64_t`, `uint32_t[6]`, `fuse_attr`. */
  readonly cType: string
  /** How it appears in JavaScript. */
  readonly kind: FieldKind
  /** Names in JavaScript: none for padding and flexible fields, two for halves, else one. */
  readonly keys: readonly string[]
  /** Offset in the struct, bytes. */
  readonly offset: number
  /** Size, bytes; 0 for a flexible field. */
  readonly size: number
  /** The struct of a record, `undefined` for every other kind. */
  readonly struct: AnyStruct | undefined
}

/**
 * Layout and codec of one struct of the protocol.
 *
 * Multi-byte fields are little-endian: the protocol uses the byte order of the host of the kernel, and the hosts
 * that this package serves (x86-64, arm64) are little-endian. See `isByteSwappedInit` for noticing another one.
 *
 * `decode` and `encode` throw `RangeError` when the struct does not fit between `at` and the end of the view, and
 * check nothing else: what a field may hold is for the reader of it to judge. `encode` keeps the low bits of a
 * number that is too wide; -1 in an unsigned field is all ones.
 */
export interface StructDescriptor<
  T extends object,
  Size extends number = number,
  Offsets extends Readonly<Record<string, number>> = Readonly<Record<string, number>>,
> {
  /** Name in C: `fuse_read_in`. */
  readonly cName: string
  /** Size, bytes. */
  readonly size: Size
  /** Offset of each field by its name in JavaScript, bytes; flexible fields included. */
  readonly offsets: Offsets
  /** Every field in the order of the kernel, padding included. */
  readonly fields: readonly FieldDescriptor[]
  /** A new record with every field zero. All records of a struct share one hidden class. */
  create(): T
  /** Read the struct at byte `at` of the view into a record, and return that record. */
  decode(view: DataView, at: number, into: T): T
  /** Write the struct at byte `at` of the view: every byte of it, padding as zero. */
  encode(view: DataView, at: number, value: Readonly<T>): void
}

/** A struct of which only the shape of the descriptor is known: for tables, tracers and fuzzers. */
export type AnyStruct = StructDescriptor<object>
