import { type Area, type FieldDeclaration, type StructDeclaration, scalarSizes } from '../schema/dsl.js'

/** A field with its place. */
export interface LaidOutField extends FieldDeclaration {
  readonly offset: number
  readonly size: number
  /** Names in JavaScript. */
  readonly keys: readonly string[]
}

/** A struct with its places. */
export interface LaidOutStruct {
  readonly cName: string
  /** Name in JavaScript. */
  readonly name: string
  readonly doc: string
  /** Area that it belongs to. */
  readonly file: string
  readonly size: number
  readonly alignment: number
  readonly fields: readonly LaidOutField[]
}

/** `total_extlen` to `totalExtlen`. */
function camelCase(cName: string): string {
  return cName.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** `fuse_read_in` to `FuseReadIn`. */
export function pascalCase(cName: string): string {
  const camel = camelCase(cName)
  return camel.charAt(0).toUpperCase() + camel.slice(1)
}

/** `uint32_t[6]`, as the header spells the type. */
export function typeText(field: FieldDeclaration): string {
  if (field.count === undefined) return field.element
  return `${field.element}[${field.countName ?? (field.count === 0 ? '' : field.count)}]`
}

function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment
}

function keysOf(field: FieldDeclaration): readonly string[] {
  const key = camelCase(field.cName)
  if (field.kind === 'padding') return []
  return field.kind === 'halves' ? [`${key}Low`, `${key}High`] : [key]
}

function layOutStruct(
  file: string,
  declaration: StructDeclaration,
  earlier: ReadonlyMap<string, LaidOutStruct>,
): LaidOutStruct {
  let end = 0
  let alignment = 1
  const fields = declaration.fields.map((field): LaidOutField => {
    const element = measure(field.element, earlier)
    const offset = alignUp(end, element.alignment)
    const size = element.size * (field.count ?? 1)
    // The protocol spells out all its padding, so that 32-bit and 64-bit compilers agree.
    if (offset !== end)
      throw new Error(`${declaration.cName}.${field.cName}: a hole of ${offset - end} bytes`)
    end = offset + size
    alignment = Math.max(alignment, element.alignment)
    return { ...field, offset, size, keys: keysOf(field) }
  })
  if (end % alignment !== 0) throw new Error(`${declaration.cName}: a hole at its end`)
  const { cName, doc } = declaration
  return { cName, name: pascalCase(cName), doc, file, size: end, alignment, fields }
}

function measure(
  element: string,
  earlier: ReadonlyMap<string, LaidOutStruct>,
): { readonly size: number; readonly alignment: number } {
  const scalar: number | undefined = (scalarSizes as Readonly<Record<string, number>>)[element]
  if (scalar !== undefined) return { size: scalar, alignment: scalar }
  const nested = earlier.get(element)
  if (nested === undefined) throw new Error(`${element} is not declared before its use`)
  return nested
}

/** Places every field of every struct by the rules of the C compilers of x86-64 and arm64. */
export function layOut(areas: readonly Area[]): ReadonlyMap<string, LaidOutStruct> {
  const structs = new Map<string, LaidOutStruct>()
  for (const area of areas) {
    for (const declaration of area.structs) {
      if (structs.has(declaration.cName)) throw new Error(`${declaration.cName} is declared twice`)
      structs.set(declaration.cName, layOutStruct(area.file, declaration, structs))
    }
  }
  return structs
}
