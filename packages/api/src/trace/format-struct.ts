import type { AnyStruct, FieldDescriptor } from '@fb/abi'
import { type FieldFormat, fieldFormats, type Wire } from './field-formats.js'

/** One field in words. */
interface ShownField {
  readonly name: string
  readonly text: string
}

/**
 * The fields of a struct as `name=value`, with flags in names.
 * @param size bytes that are there; fields beyond them are left out, as in the short forms of older minors
 */
export function formatStruct(struct: AnyStruct, view: DataView, at: number, size = struct.size): string {
  return shownFields(struct, view, at, size)
    .map(({ name, text }) => `${name}=${text}`)
    .join(' ')
}

/** As {@link formatStruct}, but the bare value where the struct has one field only. */
export function formatResult(struct: AnyStruct, view: DataView, at: number, size = struct.size): string {
  const visible = struct.fields.filter(({ kind }) => kind !== 'padding' && kind !== 'flexible')
  const fields = shownFields(struct, view, at, size)
  const [only] = fields
  if (visible.length === 1 && fields.length === 1 && only !== undefined) return only.text
  return fields.map(({ name, text }) => `${name}=${text}`).join(' ')
}

function shownFields(struct: AnyStruct, view: DataView, at: number, size: number): ShownField[] {
  const sibling = (cName: string): number => {
    const field = struct.fields.find((one) => one.cName === cName)
    return field === undefined || field.offset + field.size > size ? 0 : Number(readField(field, view, at))
  }
  return struct.fields.flatMap((field) => {
    if (field.offset + field.size > size) return []
    if (field.struct !== undefined) return shownFields(field.struct, view, at + field.offset, field.size)
    return showField(struct.cName, field, view, at, sibling)
  })
}

function showField(
  structName: string,
  field: FieldDescriptor,
  view: DataView,
  at: number,
  sibling: (cName: string) => number,
): ShownField[] {
  if (field.kind === 'padding' || field.kind === 'flexible' || field.kind === 'bytes') return []
  const format: FieldFormat = fieldFormats[`${structName}.${field.cName}`] ?? String
  const text = format(readField(field, view, at), sibling)
  return text === undefined ? [] : [{ name: field.cName, text }]
}

/** The number that a field holds, exactly. */
function readField(field: FieldDescriptor, view: DataView, at: number): Wire {
  const place = at + field.offset
  const signed = field.kind === 'signed'
  if (field.size === 2) return view.getUint16(place, true)
  if (field.size === 4) return signed ? view.getInt32(place, true) : view.getUint32(place, true)
  const wide = signed ? view.getBigInt64(place, true) : view.getBigUint64(place, true)
  const narrow = Number(wide)
  return Number.isSafeInteger(narrow) ? narrow : wide
}
