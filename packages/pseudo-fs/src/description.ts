import type { Time } from '@fb/api'

/** Content of a file, as bytes or as text (UTF-8). */
export type Content = string | Uint8Array

/** Makes something when it is asked for, at once or later. May throw, or reject with, an `Errno`. */
export type Maker<T> = () => T | Promise<T>

/** What any node may be given. */
export interface NodeOptions {
  /** Permission bits, 0...07777. Default 0444 for files, 0555 for directories; a link has 0777. */
  readonly mode?: number
  /** Owner, default that of the whole tree. */
  readonly uid?: number
  readonly gid?: number
  /** Time of the last change, default when the tree was made. */
  readonly time?: Time
}

/** Entries of a directory by name. Use a `Map` where a name is not UTF-8. */
export type PseudoEntries =
  | { readonly [name: string]: PseudoEntry }
  | ReadonlyMap<string | Uint8Array, PseudoEntry>

/**
 * One node of a tree: text or bytes are a regular file, a function a file whose content is made whenever it is opened, an
 * object or a `Map` a directory. {@link file}, {@link directory} and {@link link} say more.
 */
export type PseudoEntry =
  | Content
  | Maker<Content>
  | PseudoEntries
  | FileDescription
  | DirectoryDescription
  | LinkDescription

/** A regular file; made by {@link file}. */
export class FileDescription {
  readonly kind = 'file'
  readonly content: Content | Maker<Content>
  readonly options: NodeOptions

  constructor(content: Content | Maker<Content>, options: NodeOptions) {
    this.content = content
    this.options = options
  }
}

/** A directory; made by {@link directory}. */
export class DirectoryDescription {
  readonly kind = 'directory'
  readonly entries: PseudoEntries | Maker<PseudoEntries>
  readonly options: NodeOptions

  constructor(entries: PseudoEntries | Maker<PseudoEntries>, options: NodeOptions) {
    this.entries = entries
    this.options = options
  }
}

/** A symbolic link; made by {@link link}. */
export class LinkDescription {
  readonly kind = 'link'
  readonly target: Content
  readonly options: Omit<NodeOptions, 'mode'>

  constructor(target: Content, options: Omit<NodeOptions, 'mode'>) {
    this.target = target
    this.options = options
  }
}

/** Any of the three, spelled out. */
export type Description = FileDescription | DirectoryDescription | LinkDescription

/**
 * A regular file. A function is called at each open, and what it gives is what that open file reads: its size is
 * not known before, so `stat` shows 0 and reads bypass the page cache.
 */
export function file(content: Content | Maker<Content>, options: NodeOptions = {}): FileDescription {
  return new FileDescription(content, options)
}

/**
 * A directory. A function is called when somebody looks and what it gave last is older than the tree's `timeout`.
 * A name that stays keeps its node; one that is gone is gone for new lookups, while open files go on.
 */
export function directory(
  entries: PseudoEntries | Maker<PseudoEntries>,
  options: NodeOptions = {},
): DirectoryDescription {
  return new DirectoryDescription(entries, options)
}

/** A symbolic link. `target` is not interpreted. */
export function link(target: Content, options: Omit<NodeOptions, 'mode'> = {}): LinkDescription {
  return new LinkDescription(target, options)
}

/** Spells an entry out. Throws TypeError for a value that is none. */
export function describe(entry: PseudoEntry): Description {
  if (
    entry instanceof FileDescription ||
    entry instanceof DirectoryDescription ||
    entry instanceof LinkDescription
  ) {
    return entry
  }
  if (typeof entry === 'string' || typeof entry === 'function' || entry instanceof Uint8Array) {
    return new FileDescription(entry, {})
  }
  if (typeof entry === 'object' && entry !== null) return new DirectoryDescription(entry, {})
  throw new TypeError(`an entry is text, bytes, a function, an object or a Map, not ${typeof entry}`)
}

const ENCODER = new TextEncoder()
const DECODER = new TextDecoder()
const SLASH = 0x2f
const DOT = 0x2e
/** Longest name in bytes, as `statfs` tells. */
export const MAX_NAME = 255

/** Content as bytes. Throws TypeError for what is neither text nor bytes. */
export function toBytes(content: Content): Uint8Array {
  if (typeof content === 'string') return ENCODER.encode(content)
  if (content instanceof Uint8Array) return content
  throw new TypeError(`the content of a file is text or bytes, not ${typeof content}`)
}

/** Names (as bytes) and nodes of a directory. Throws TypeError for a name that no directory can hold. */
export function* listEntries(entries: PseudoEntries): Generator<[name: Uint8Array, entry: PseudoEntry]> {
  const list = entries instanceof Map ? entries.entries() : Object.entries(entries)
  for (const [key, entry] of list) {
    const name: Uint8Array = typeof key === 'string' ? ENCODER.encode(key) : key
    checkName(name)
    yield [name, entry]
  }
}

/** Throws TypeError for a name that no directory can hold. */
export function checkName(name: Uint8Array): void {
  const dots = name.length <= 2 && name.every((byte) => byte === DOT)
  if (dots || name.length > MAX_NAME || name.includes(SLASH) || name.includes(0)) {
    throw new TypeError(
      `${JSON.stringify(DECODER.decode(name))} is no name: 1...${MAX_NAME} bytes without / and NUL, not . or ..`,
    )
  }
}
