import { type LaidOutField, type LaidOutStruct, pascalCase } from './layout.js'

const two32 = '4294967296'

function place(offset: number): string {
  return offset === 0 ? 'at' : `at + ${offset}`
}

function only(field: LaidOutField): string {
  const key = field.keys[0]
  if (key === undefined) throw new Error(`${field.cName} has no key`)
  return key
}

/** Type of a field's property. */
export function propertyType(field: LaidOutField): string {
  switch (field.kind) {
    case 'number':
    case 'signed':
    case 'halves':
      return 'number'
    case 'bigint':
      return 'bigint'
    case 'ino':
      return 'number | bigint'
    case 'record':
      return pascalCase(field.element)
    case 'bytes':
      return 'Uint8Array'
    case 'padding':
    case 'flexible':
      throw new Error(`${field.cName} has no property`)
  }
}

/** Properties of a `create()` literal. */
export function createProperties(struct: LaidOutStruct): string[] {
  return struct.fields
    .filter(({ kind }) => kind !== 'flexible')
    .flatMap((field) => field.keys.map((key) => `${key}: ${zero(field)},`))
}

function zero(field: LaidOutField): string {
  if (field.kind === 'bigint') return '0n'
  if (field.kind === 'record') return `${pascalCase(field.element)}.create()`
  if (field.kind === 'bytes') return `new Uint8Array(${field.size})`
  return '0'
}

/** Statements that read a field. */
export function decodeStatements(field: LaidOutField): string[] {
  const { offset, size } = field
  const low = `view.getUint32(${place(offset)}, true)`
  const high = `view.getUint32(${place(offset + 4)}, true)`
  switch (field.kind) {
    case 'number':
      if (size === 8) return [`into.${only(field)} = ${high} * ${two32} + ${low}`]
      return [`into.${only(field)} = view.getUint${size * 8}(${place(offset)}, true)`]
    case 'signed':
      if (size === 8)
        return [`into.${only(field)} = view.getInt32(${place(offset + 4)}, true) * ${two32} + ${low}`]
      return [`into.${only(field)} = view.getInt${size * 8}(${place(offset)}, true)`]
    case 'bigint':
      return [
        `into.${only(field)} = ${low} === 0 && ${high} === 0 ? 0n : view.getBigUint64(${place(offset)}, true)`,
      ]
    case 'ino':
      return [
        `const ${only(field)}High = ${high}`,
        `into.${only(field)} =`,
        `  ${only(field)}High < 0x200000`,
        `    ? ${only(field)}High * ${two32} + ${low}`,
        `    : view.getBigUint64(${place(offset)}, true)`,
      ]
    case 'halves':
      return [`into.${field.keys[0]} = ${low}`, `into.${field.keys[1]} = ${high}`]
    case 'record':
      return [`${pascalCase(field.element)}.decode(view, ${place(offset)}, into.${only(field)})`]
    case 'bytes':
      return [
        `for (let i = 0; i < ${size}; i++) into.${only(field)}[i] = view.getUint8(${place(offset)} + i)`,
      ]
    case 'padding':
    case 'flexible':
      return []
  }
}

/** Statements that write a field. */
export function encodeStatements(field: LaidOutField): string[] {
  const { offset, size } = field
  const wide = (value: string): string[] => [
    `view.setUint32(${place(offset)}, ${value}, true)`,
    `view.setUint32(${place(offset + 4)}, Math.floor(${value} / ${two32}), true)`,
  ]
  switch (field.kind) {
    case 'number':
    case 'signed':
      if (size === 8) return wide(`value.${only(field)}`)
      return [`view.setUint${size * 8}(${place(offset)}, value.${only(field)}, true)`]
    case 'bigint':
      return [`view.setBigUint64(${place(offset)}, value.${only(field)}, true)`]
    case 'ino':
      return [
        `if (typeof value.${only(field)} === 'number') {`,
        ...wide(`value.${only(field)}`).map((line) => `  ${line}`),
        `} else view.setBigUint64(${place(offset)}, value.${only(field)}, true)`,
      ]
    case 'halves':
      return [
        `view.setUint32(${place(offset)}, value.${field.keys[0]}, true)`,
        `view.setUint32(${place(offset + 4)}, value.${field.keys[1]}, true)`,
      ]
    case 'record':
      return [`${pascalCase(field.element)}.encode(view, ${place(offset)}, value.${only(field)})`]
    case 'bytes':
      return [
        `for (let i = 0; i < ${size}; i++) view.setUint8(${place(offset)} + i, value.${only(field)}[i] ?? 0)`,
      ]
    case 'padding':
      return zeroStatements(offset, size)
    case 'flexible':
      return []
  }
}

function zeroStatements(offset: number, size: number): string[] {
  if (size === 0) return []
  if (offset % 4 !== 0 || size < 4) {
    return [`view.setUint16(${place(offset)}, 0, true)`, ...zeroStatements(offset + 2, size - 2)]
  }
  const words = Math.floor(size / 4)
  const rest = zeroStatements(offset + words * 4, size % 4)
  if (words > 4)
    return [
      `for (let i = 0; i < ${words * 4}; i += 4) view.setUint32(${place(offset)} + i, 0, true)`,
      ...rest,
    ]
  const stores = Array.from({ length: words }, (_, i) => `view.setUint32(${place(offset + i * 4)}, 0, true)`)
  return [...stores, ...rest]
}
