import type { Area } from '../schema/dsl.js'
import { createProperties, decodeStatements, encodeStatements, propertyType } from './emit-codec.js'
import { type LaidOutField, type LaidOutStruct, layOut, pascalCase, typeText } from './layout.js'

const notice = '// Generated from schema/ by `pnpm run generate`: change the schema, not this file.\n'

/** A generated file: its name below `src/generated` and its text. */
export interface GeneratedFile {
  readonly name: string
  readonly text: string
}

/** Everything that stands in `src/generated`. */
export function generate(areas: readonly Area[]): readonly GeneratedFile[] {
  const structs = layOut(areas)
  const byArea = areas.map((area) => ({
    name: `${area.file}.generated.ts`,
    text: emitArea(
      area,
      [...structs.values()].filter(({ file }) => file === area.file),
      structs,
    ),
  }))
  return [...byArea, { name: 'structs.generated.ts', text: emitRegistry(areas) }]
}

function indent(lines: readonly string[], by: number): string[] {
  return lines.map((line) => ' '.repeat(by) + line)
}

function emitArea(
  area: Area,
  structs: readonly LaidOutStruct[],
  all: ReadonlyMap<string, LaidOutStruct>,
): string {
  const foreign = new Map<string, Set<string>>()
  for (const { element } of structs.flatMap(({ fields }) => fields)) {
    const nested = all.get(element)
    if (nested === undefined || nested.file === area.file) continue
    foreign.set(nested.file, (foreign.get(nested.file) ?? new Set()).add(nested.name))
  }
  const imports = [...foreign].map(
    ([file, names]) => `import { ${[...names].sort().join(', ')} } from './${file}.generated.js'`,
  )
  const head = [
    notice,
    `// ${area.doc}`,
    '',
    "import type { StructDescriptor } from '../struct.js'",
    ...imports,
    '',
  ]
  return `${[...head, structs.map(emitStruct).join('\n\n')].join('\n')}\n`
}

function emitStruct(struct: LaidOutStruct): string {
  return `${emitInterface(struct)}\n\n${emitConst(struct)}`
}

function emitInterface({ cName, name, doc, fields }: LaidOutStruct): string {
  const members = fields.filter(({ kind }) => kind !== 'flexible').flatMap(emitMembers)
  const lead = [`/**`, ` * ${doc}`, ` * C: \`struct ${cName}\`.`, ` */`]
  if (members.length === 0) return [...lead, `export interface ${name} {}`].join('\n')
  return [...lead, `export interface ${name} {`, ...indent(members, 2), '}'].join('\n')
}

function emitMembers(field: LaidOutField): string[] {
  const halves = ['low 32 bits', 'high 32 bits']
  return field.keys.flatMap((key, i) => [
    `/** ${field.kind === 'halves' ? `${field.doc.replace(/\.$/, '')}: ${halves[i]}.` : field.doc} */`,
    `${key}: ${propertyType(field)}`,
  ])
}

function offsetsOf({ fields }: LaidOutStruct): string[] {
  return fields.flatMap(({ keys, offset }) => keys.map((key, i) => `${key}: ${offset + i * 4}`))
}

function braces(members: readonly string[], separator: string): string {
  return members.length === 0 ? '{}' : `{ ${members.join(separator)} }`
}

function emitConst(struct: LaidOutStruct): string {
  const { cName, name, size, fields } = struct
  const offsets = offsetsOf(struct)
  const offsetsType =
    offsets.length === 0
      ? 'Readonly<Record<string, never>>'
      : braces(
          offsets.map((text) => `readonly ${text}`),
          '; ',
        )
  const decode = fields.flatMap(decodeStatements)
  const encode = fields.flatMap(encodeStatements)
  const unread = decode.length === 0 ? '_' : ''
  const unused = encode.some((line) => line.includes('value.')) ? '' : '_'
  return [
    `/** Layout and codec of \`struct ${cName}\`, ${size} bytes. */`,
    `export const ${name}: StructDescriptor<${name}, ${size}, ${offsetsType}> = {`,
    ...indent(
      [
        `cName: '${cName}',`,
        `size: ${size},`,
        `offsets: ${braces(offsets, ', ')},`,
        'fields: [',
        ...indent(fields.map(emitField), 2),
        '],',
        `create(): ${name} {`,
        ...(createProperties(struct).length === 0
          ? ['  return {}']
          : ['  return {', ...indent(createProperties(struct), 4), '  }']),
        '},',
        `decode(${unread}view: DataView, ${unread}at: number, into: ${name}): ${name} {`,
        ...indent(decode, 2),
        '  return into',
        '},',
        `encode(view: DataView, at: number, ${unused}value: Readonly<${name}>): void {`,
        ...indent(encode, 2),
        '},',
      ],
      2,
    ),
    '}',
  ].join('\n')
}

function emitField(field: LaidOutField): string {
  const keys = field.keys.map((key) => `'${key}'`).join(', ')
  const nested = field.kind === 'record' ? pascalCase(field.element) : 'undefined'
  return `{ cName: '${field.cName}', cType: '${typeText(field)}', kind: '${field.kind}', keys: [${keys}], offset: ${field.offset}, size: ${field.size}, struct: ${nested} },`
}

function emitRegistry(areas: readonly Area[]): string {
  const named = areas.map(({ file, structs }) => ({
    file,
    names: structs.map(({ cName }) => pascalCase(cName)).sort(),
  }))
  return [
    notice,
    "import type { AnyStruct } from '../struct.js'",
    ...named.map(({ file, names }) => `import { ${names.join(', ')} } from './${file}.generated.js'`),
    '',
    ...named.map(({ file, names }) => `export { ${names.join(', ')} } from './${file}.generated.js'`),
    '',
    '/** Every struct of FUSE 7.45 by its C name: for tests, tracers and fuzzers. */',
    'export const structs: Readonly<Record<string, AnyStruct>> = {',
    ...areas.flatMap((area) => area.structs.map(({ cName }) => `  ${cName}: ${pascalCase(cName)},`)),
    '}',
    '',
  ].join('\n')
}
