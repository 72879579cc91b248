import { resolve } from 'node:path'
import { ControlError, describeIssues } from './control-error.js'
import { type MountSpec, mountSpec } from './mount-spec.js'

type Value = string | number | boolean | undefined
type Settings = Record<string, unknown>

/** Options that are a word alone, and what they mean. */
const FLAGS: Readonly<Record<string, readonly [name: string, value: boolean]>> = {
  ro: ['ro', true],
  rw: ['ro', false],
  xattr: ['xattr', true],
  'no-xattr': ['xattr', false],
  'posix-acl': ['posixAcl', true],
  'no-posix-acl': ['posixAcl', false],
}

/** Options with a value, and what they are called in a {@link MountSpec}. */
const TEXTS: Readonly<Record<string, string>> = {
  cache: 'cache',
  unmapped: 'unmapped',
  'inode-file-handles': 'inodeFileHandles',
}
const NUMBERS: Readonly<Record<string, string>> = {
  'attr-timeout': 'attrTimeout',
  'entry-timeout': 'entryTimeout',
  'negative-timeout': 'negativeTimeout',
  'max-inodes': 'maxInodes',
  'max-open-files': 'maxOpenFiles',
  'max-cached-fds': 'maxCachedFds',
  'max-held-fds': 'maxHeldFds',
}
const ID_MAPS: ReadonlySet<string> = new Set(['uidmap', 'gidmap'])

/** The options of a mount, for a help text. */
export const MOUNT_OPTIONS_HELP: string = [
  ...Object.keys(FLAGS),
  ...Object.keys(TEXTS).map((name) => `${name}=...`),
  ...Object.keys(NUMBERS).map((name) => `${name}=N`),
  ...[...ID_MAPS].map((name) => `${name}=CLIENT:HOST:COUNT`),
].join(', ')

/**
 * Reads `PATH=SOURCE[,option...]`, as `--mount` takes it. A backslash before `=`, `,` or a backslash makes it part of the
 * text. A relative SOURCE is taken from the current directory. Throws {@link ControlError} EINVAL.
 */
export function parseMount(text: string): MountSpec {
  const [path, rest] = cut(text, '=')
  if (rest === undefined) throw new ControlError('EINVAL', `'${text}' is not PATH=SOURCE[,option...]`)
  return parseSource(unescaped(path), rest)
}

/** Reads `SOURCE[,option...]` for a mount at `path`. Throws {@link ControlError} EINVAL. */
export function parseSource(path: string, text: string): MountSpec {
  const [source = '', ...options] = split(text, ',')
  const settings: Settings = { path, source: source === '' ? '' : resolve(unescaped(source)) }
  for (const option of options) addOption(settings, option)
  const result = mountSpec.safeParse(settings)
  if (result.success) return result.data
  throw new ControlError('EINVAL', `'${text}': ${describeIssues(result.error)}`)
}

function addOption(settings: Settings, option: string): void {
  const [name, value] = cut(option, '=')
  if (value === undefined) {
    const flag = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined
    if (flag === undefined) throw unknown(option)
    return set(settings, flag[0], flag[1], name)
  }
  const text = unescaped(value)
  if (ID_MAPS.has(name)) {
    const ranges = (settings[name] ?? []) as unknown[]
    settings[name] = [...ranges, parseRange(name, text)]
  } else if (Object.hasOwn(TEXTS, name)) set(settings, TEXTS[name] as string, text, name)
  else if (Object.hasOwn(NUMBERS, name)) set(settings, NUMBERS[name] as string, parseNumber(name, text), name)
  else throw unknown(option)
}

function set(settings: Settings, key: string, value: Value, option: string): void {
  if (settings[key] !== undefined)
    throw new ControlError('EINVAL', `option '${option}' says what another one said`)
  settings[key] = value
}

function parseRange(name: string, text: string): object {
  const parts = text.split(':')
  if (parts.length !== 3) throw new ControlError('EINVAL', `${name}=${text} is not ${name}=CLIENT:HOST:COUNT`)
  const [client, host, count] = parts.map((part) => parseNumber(name, part))
  return { client, host, count }
}

function parseNumber(name: string, text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new ControlError('EINVAL', `${name}: '${text}' is not a number`)
  }
  return value
}

function unknown(option: string): ControlError {
  return new ControlError('EINVAL', `'${option}' is no option of a mount: there are ${MOUNT_OPTIONS_HELP}`)
}

/** The text up to the first `separator` that is not escaped, and what follows it. */
function cut(text: string, separator: string): [before: string, after: string | undefined] {
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === separator) return [text.slice(0, at), text.slice(at + 1)]
  }
  return [text, undefined]
}

function split(text: string, separator: string): string[] {
  const parts: string[] = []
  for (let rest: string | undefined = text; rest !== undefined; ) {
    const [part, after] = cut(rest, separator)
    parts.push(part)
    rest = after
  }
  return parts
}

function unescaped(text: string): string {
  return text.replace(/\\([\\,=])/g, '$1')
}
