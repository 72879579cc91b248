import type { FieldKind } from '../src/struct.js'

/** C scalar types of the protocol and their sizes (which are also their alignments), bytes. */
export const scalarSizes = {
  char: 1,
  uint8_t: 1,
  uint16_t: 2,
  uint32_t: 4,
  int32_t: 4,
  uint64_t: 8,
  int64_t: 8,
} as const

/** Name of a C scalar type. */
export type ScalarType = keyof typeof scalarSizes

/** Kinds that a 64-bit field may have. */
export type WideKind = 'number' | 'signed' | 'bigint' | 'ino' | 'halves'

/** One declared field: what the kernel header says of it, and how JavaScript shall see it. */
export interface FieldDeclaration {
  readonly cName: string
  /** Scalar type, or the C name of a struct declared earlier. */
  readonly element: string
  /** Elements of an array, `undefined` for a single one; 0 for a flexible array. */
  readonly count: number | undefined
  /** How the header spells the length of the array, where that is a name. */
  readonly countName: string | undefined
  readonly kind: FieldKind
  readonly doc: string
}

/** One declared struct. */
export interface StructDeclaration {
  readonly cName: string
  readonly doc: string
  readonly fields: readonly FieldDeclaration[]
}

/** Structs that share a generated file. */
export interface Area {
  /** Name of the generated file, without `.generated.ts`. */
  readonly file: string
  /** First line of the generated file's comment. */
  readonly doc: string
  readonly structs: readonly StructDeclaration[]
}

function field(
  cName: string,
  element: string,
  kind: FieldKind,
  doc: string,
  count?: number,
): FieldDeclaration {
  return { cName, element, kind, doc, count, countName: undefined }
}

/** Declares a struct with its fields in the order of the kernel. */
export function struct(cName: string, doc: string, ...fields: FieldDeclaration[]): StructDeclaration {
  return { cName, doc, fields }
}

/** A `uint16_t`. */
export function u16(cName: string, doc: string): FieldDeclaration {
  return field(cName, 'uint16_t', 'number', doc)
}

/** A `uint32_t`. */
export function u32(cName: string, doc: string): FieldDeclaration {
  return field(cName, 'uint32_t', 'number', doc)
}

/** An `int32_t`. */
export function i32(cName: string, doc: string): FieldDeclaration {
  return field(cName, 'int32_t', 'signed', doc)
}

/** A `uint64_t`, seen as the given kind. */
export function u64(cName: string, kind: WideKind, doc: string): FieldDeclaration {
  return field(cName, 'uint64_t', kind, doc)
}

/** An `int64_t`, seen as a signed number. */
export function i64(cName: string, doc: string): FieldDeclaration {
  return field(cName, 'int64_t', 'signed', doc)
}

/** A nested struct, declared earlier. */
export function record(cName: string, structName: string, doc: string): FieldDeclaration {
  return field(cName, structName, 'record', doc)
}

/** Bytes that mean nothing: written as zero, not shown. */
export function padding(cName: string, element: ScalarType, count?: number): FieldDeclaration {
  return field(cName, element, 'padding', '', count)
}

/** A fixed run of bytes whose length has a name in the header. */
export function bytes(cName: string, countName: string, count: number, doc: string): FieldDeclaration {
  return { ...field(cName, 'char', 'bytes', doc, count), countName }
}

/** An array of unknown length after the struct. */
export function flexible(cName: string, element: ScalarType): FieldDeclaration {
  return field(cName, element, 'flexible', '', 0)
}
