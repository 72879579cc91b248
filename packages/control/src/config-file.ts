import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import { z } from 'zod'
import { ControlError, shownKeys } from './control-error.js'
import { LOG_LEVELS } from './log-level.js'
import { mountSpec } from './mount-spec.js'

/** Most bytes of a config file. */
const MAX_BYTES = 4 * 1024 * 1024

/** What a config file may say. Options of the command line win over it; mounts of both are mounted, those of the file first. */
export const config = z.strictObject({
  /** Where to listen for `ctl`. */
  controlSocket: z.string().min(1).optional(),
  logLevel: z.enum(LOG_LEVELS).optional(),
  mounts: z.array(mountSpec).default([]),
})
/** See {@link config}. */
export type Config = z.output<typeof config>

/** What is wrong at an offset of the text. */
interface Problem {
  readonly at: number
  readonly message: string
}

/**
 * Reads a config file in YAML or JSON, which is YAML too. Relative paths in it start at its own directory.
 * Throws {@link ControlError}: ENOENT and its like where it cannot be read, EINVAL for what is wrong in it, with a line
 * `FILE:LINE:COLUMN: what` for each.
 */
export function readConfig(file: string): Config {
  const text = readText(file)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const problems: Problem[] = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    at: pos[0],
    message,
  }))
  if (problems.length === 0) problems.push(...aliasProblems(document))
  if (problems.length === 0) {
    const result = config.safeParse(document.toJS() ?? {})
    if (result.success) return absolute(result.data, dirname(resolve(file)))
    problems.push(...result.error.issues.flatMap((issue) => locate(document, issue)))
  }
  const shown = problems.map(({ at, message }) => {
    const { line, col } = lines.linePos(at)
    return `${file}:${line}:${col}: ${message.split('\n', 1)[0]}`
  })
  throw new ControlError('EINVAL', shown.join('\n'))
}

function readText(file: string): string {
  let size: number
  try {
    ;({ size } = statSync(file))
    if (size <= MAX_BYTES) return readFileSync(file, 'utf8')
  } catch (error) {
    const { code = 'EIO', message } = error as NodeJS.ErrnoException
    throw new ControlError(code, `${file}: ${code === 'ENOENT' ? 'does not exist' : message}`)
  }
  throw new ControlError('EFBIG', `${file}: has ${size} bytes, more than ${MAX_BYTES}`)
}

function absolute({ mounts, controlSocket, ...rest }: Config, directory: string): Config {
  return {
    ...rest,
    ...(controlSocket === undefined ? {} : { controlSocket: resolve(directory, controlSocket) }),
    mounts: mounts.map((mount) =>
      mount.source === undefined ? mount : { ...mount, source: resolve(directory, mount.source) },
    ),
  }
}

/** A few bytes with aliases of aliases can stand for more than fits into memory, so there are none. */
function aliasProblems(document: Document): Problem[] {
  const problems: Problem[] = []
  visit(document, {
    Alias: (_key, { source, range }) => {
      problems.push({ at: range?.[0] ?? 0, message: `*${source}: aliases are not taken` })
    },
  })
  return problems
}

/** Where in the text an issue is: at the value, or where that is not there, at what it is missing in. */
function locate(document: Document, issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      at: offsetOfKey(document, issue.path, key),
      message: `${shownKeys([...issue.path, key])}there is no such setting`,
    }))
  }
  return [{ at: offsetOf(document, issue.path), message: `${shownKeys(issue.path)}${issue.message}` }]
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}

function offsetOfKey(document: Document, path: readonly PropertyKey[], key: string): number {
  const map = path.length === 0 ? document.contents : document.getIn(path, true)
  const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined
  return isScalar(pair?.key) && pair.key.range ? pair.key.range[0] : offsetOf(document, path)
}
