import { StateError } from '@fb/api'
import { MAX_NAME } from './description.js'
import type { PseudoNodeSnapshot, PseudoSnapshot } from './snapshot.js'
import { ROOT } from './tree.js'

const KINDS: ReadonlySet<unknown> = new Set(['file', 'directory', 'link'])
const BILLION = 1_000_000_000
const PERMISSIONS_AND_TYPE = 0xffff
/** One character for each byte. */
const LATIN1 = /^[\0-\xff]*$/
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

type Fields = Readonly<Record<string, unknown>>

/**
 * A snapshot that came from somebody else, with everything checked that `PseudoFs.restore` relies on: numbers, names, and
 * that the directories are a tree. Throws a StateError that says what is wrong.
 */
export function parsePseudoSnapshot(value: unknown): PseudoSnapshot {
  const fields = fieldsOf(value, 'the snapshot')
  const nextNode = whole(fields, 'nextNode', ROOT + 1)
  const nextHandle = whole(fields, 'nextHandle', 1)
  const nodes = list(fields, 'nodes').map((each) => parseNode(each, nextNode))
  checkTree(nodes)
  const openFiles = list(fields, 'openFiles').map((each) => {
    const file = fieldsOf(each, 'an open file')
    return {
      fh: whole(file, 'fh', 1, nextHandle - 1),
      node: whole(file, 'node', ROOT, nextNode - 1),
      content: text(file, 'content', BASE64),
    }
  })
  return { nextNode, nextHandle, nodes, openFiles }
}

/** What a JSON text says. Throws a StateError where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return fail('it is no JSON text')
  }
}

function parseNode(value: unknown, nextNode: number): PseudoNodeSnapshot {
  const node = fieldsOf(value, 'a node')
  const [seconds, nanoseconds] = list(node, 'mtime')
  const time = { seconds, nanoseconds }
  const { kind, linked } = node
  if (!KINDS.has(kind)) fail('kind')
  if (typeof linked !== 'boolean') fail('linked')
  const name = text(node, 'name', LATIN1)
  if (name.length > MAX_NAME || /[/\0]/.test(name)) fail('name')
  return {
    number: whole(node, 'number', ROOT, nextNode - 1),
    parent: whole(node, 'parent', 0, nextNode - 1),
    name,
    kind: kind as PseudoNodeSnapshot['kind'],
    mode: whole(node, 'mode', 0, PERMISSIONS_AND_TYPE),
    mtime: [whole(time, 'seconds', Number.MIN_SAFE_INTEGER), whole(time, 'nanoseconds', 0, BILLION - 1)],
    lookups: whole(node, 'lookups', 0),
    linked: linked === true,
  }
}

/** Numbers and names are there once, and whoever goes up comes to the root or to a directory that hangs elsewhere. */
function checkTree(nodes: readonly PseudoNodeSnapshot[]): void {
  const parents = new Map<number, number>()
  const names = new Set<string>()
  for (const { number, parent, name, linked } of nodes) {
    if (parents.has(number)) fail(`node ${number}, which is there twice`)
    parents.set(number, parent)
    if (!linked || parent === 0) continue
    const place = `${parent}/${name}`
    if (names.has(place)) fail(`a name of directory ${parent}, which is there twice`)
    names.add(place)
  }
  const good = new Set<number>()
  for (const { number } of nodes) {
    const way: number[] = []
    const passed = new Set<number>()
    for (
      let at: number | undefined = number;
      at !== undefined && at !== 0 && !good.has(at);
      at = parents.get(at)
    ) {
      if (passed.has(at)) fail(`directory ${at}, which is below itself`)
      passed.add(at)
      way.push(at)
    }
    for (const each of way) good.add(each)
  }
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null) fail(what)
  return value as Fields
}

function list(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name]
  if (!Array.isArray(value)) fail(name)
  return value as readonly unknown[]
}

function whole(fields: Fields, name: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const value = fields[name]
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) fail(name)
  return value as number
}

function text(fields: Fields, name: string, pattern: RegExp): string {
  const value = fields[name]
  if (typeof value !== 'string' || !pattern.test(value)) fail(name)
  return value as string
}

function fail(what: string): never {
  throw new StateError(`the state of a tree in memory is not sound: ${what}`)
}
