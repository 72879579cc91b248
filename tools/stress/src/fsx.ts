import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '@fb/testbed'

/** How the file is read and written. */
export const FSX_MODES = ['buffered', 'mapped', 'direct', 'direct-mapped', 'aio'] as const
export type FsxMode = (typeof FSX_MODES)[number]

/** Which program it is: that of xfstests, or the one of crates.io, which knows neither O_DIRECT nor asynchronous calls. */
export interface Fsx {
  readonly program: string
  readonly isRust: boolean
}

/** Operations on one file, each of which is checked. */
export interface FsxOptions {
  readonly operations: number
  readonly seed: number
  readonly mode: FsxMode
}

const HOURS_MS = 6 * 3600 * 1000
const BLOCK = ['-r', '512', '-w', '512', '-t', '512']
const C_OPTIONS: Readonly<Record<FsxMode, readonly string[]>> = {
  buffered: ['-R', '-W'],
  mapped: [],
  direct: ['-Z', '-R', '-W', ...BLOCK],
  // As generic/263 of xfstests: pages are mapped from a file that is open with O_DIRECT.
  'direct-mapped': ['-Z', '-r', '4096', '-w', '512', '-t', '512'],
  aio: ['-A', '-R', '-W'],
}
const RUST_WEIGHTS = [
  'close_open = 1',
  'invalidate = 1',
  'truncate = 3',
  'fsync = 1',
  'fdatasync = 1',
  'posix_fallocate = 2',
].concat([
  'punch_hole = 3',
  'sendfile = 3',
  'posix_fadvise = 1',
  'copy_file_range = 3',
  'read = 10',
  'write = 10',
])

/** Which modes a program has. */
export function modesOf({ isRust }: Fsx): readonly FsxMode[] {
  return isRust ? ['buffered', 'mapped'] : FSX_MODES
}

/** Runs it on a file of `directory`. @throws Error with its output, where what it reads is not what was written */
export async function runFsx(fsx: Fsx, directory: string, options: FsxOptions): Promise<void> {
  const artifacts = mkdtempSync(join(tmpdir(), 'fb-fsx-'))
  const { operations, seed, mode } = options
  const common = ['-N', String(operations), '-S', String(seed), '-P', artifacts]
  const config = join(artifacts, 'fsx.toml')
  const mapped = mode === 'mapped' ? 10 : 0
  writeFileSync(
    config,
    ['[weights]', ...RUST_WEIGHTS, `mapread = ${mapped}`, `mapwrite = ${mapped}`].join('\n'),
  )
  const args = fsx.isRust ? ['-f', config] : ['-q', '-l', '1000000', ...C_OPTIONS[mode]]
  await run(fsx.program, [...common, ...args, join(directory, 'fsx')], { timeout: HOURS_MS })
  // Kept where it fails: what it expected is in there.
  rmSync(artifacts, { recursive: true })
}
