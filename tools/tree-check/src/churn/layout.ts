import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MountSpec } from '../server/protocol.js'

/** How large `data` is; the worker reads within it. */
const DATA_SIZE = 128 * 1024
/** Each directory that comes and goes exists so many times, with contents that tell which it is. */
const VERSIONS = 2
/** Where the mounts are: a directory of the back end at the root. */
export const HOME = 'm'

/** How many mounts there are: `s0` ... stay, `c0` ... and `c0/nested` ... come and go. */
export interface Population {
  readonly stable: number
  readonly changing: number
  readonly nested: number
}

/** Divides a number of mounts: one in ten stays, one in ten is inside another. One is at the root. */
export function population(mounts: number): Population {
  const stable = Math.max(2, Math.floor(mounts / 10))
  const nested = Math.floor(mounts / 10)
  return { stable, nested, changing: Math.max(1, mounts - stable - nested - 1) }
}

/** A mount that comes and goes. */
export interface Slot {
  readonly path: string
  /** Its directories: one of them at a time. */
  readonly sources: readonly string[]
}

/** What is mounted, and what may be. */
export interface Layout {
  readonly stable: readonly MountSpec[]
  readonly slots: readonly Slot[]
}

/** Makes all directories below `base`. */
export function makeLayout(base: string, { stable, changing, nested }: Population): Layout {
  const root = join(base, 'root')
  mkdirSync(join(root, HOME), { recursive: true })
  const slot = (path: string, name: string, contents: (directory: string) => void): Slot => ({
    path: `/${HOME}/${path}`,
    sources: Array.from({ length: VERSIONS }, (_, version) => {
      const source = makeSource(base, `${name}.${version}`)
      contents(source)
      return source
    }),
  })
  const staying = Array.from({ length: stable }, (_, at): MountSpec => {
    const source = makeSource(base, `s${at}`)
    mkdirSync(join(source, 'work'))
    return { path: `/${HOME}/s${at}`, source }
  })
  const slots = [
    ...Array.from({ length: changing }, (_, at) =>
      slot(`c${at}`, `c${at}`, (source) => {
        // What is seen at the path of the nested mount while that is not there.
        mkdirSync(join(source, 'nested'))
        for (const name of ['id', 'data']) symlinkSync(`../${name}`, join(source, 'nested', name))
      }),
    ),
    ...Array.from({ length: nested }, (_, at) => slot(`c${at}/nested`, `n${at}`, () => {})),
  ]
  return { stable: [{ path: '/', source: root }, ...staying], slots }
}

function makeSource(base: string, id: string): string {
  const source = join(base, id)
  mkdirSync(source)
  const line = `${id}\n`
  writeFileSync(join(source, 'id'), line)
  writeFileSync(join(source, 'data'), line.repeat(Math.ceil(DATA_SIZE / line.length)).slice(0, DATA_SIZE))
  return source
}
