import { type Attr, makeAttr, type NodeId, splitTime, type Time, toNanoseconds } from '@fb/api'
import { Children } from './children.js'
import { type Content, type Description, toBytes } from './description.js'

const S_IFREG = 0o100000
const S_IFDIR = 0o040000
const S_IFLNK = 0o120000
const PERMISSIONS = 0o7777

/** What applies where a description says nothing. */
export interface TreeDefaults {
  readonly uid: number
  readonly gid: number
  readonly time: Time
}

/** One node of a tree, as plain data. */
export interface TreeNode {
  readonly number: NodeId
  readonly name: Uint8Array
  /** Directory that holds it; 0 for the root and for a directory that hangs elsewhere. */
  parent: NodeId
  description: Description
  /** Attributes as they are answered; `ino` is the number. */
  readonly attr: Attr
  /** Lookups that the client holds. */
  lookups: number
  /** False once its name is gone: the node goes when the client has forgotten it. */
  linked: boolean
  /** Content of a file or target of a link; `undefined` where it is made at each open, and for directories. */
  bytes: Uint8Array | undefined
  /** Entries of a directory. */
  readonly children: Children | undefined
  /** When a directory's function was last called (monotonic milliseconds). */
  listedAt: number
  /** The call of a directory's function that has not ended yet. */
  listing: Promise<void> | undefined
}

/** A node from its description, not yet linked anywhere. Throws for options out of range. */
export function makeNode(
  number: NodeId,
  parent: NodeId,
  name: Uint8Array,
  description: Description,
  defaults: TreeDefaults,
): TreeNode {
  const time = toNanoseconds(description.options.time ?? defaults.time)
  const bytes = fixedBytes(description)
  const isDirectory = description.kind === 'directory'
  return {
    number,
    name: name.slice(),
    parent,
    description,
    attr: makeAttr({
      ino: number,
      mode: modeOf(description),
      size: bytes?.length ?? 0,
      nlink: isDirectory ? 2 : 1,
      uid: description.options.uid ?? defaults.uid,
      gid: description.options.gid ?? defaults.gid,
      atime: time,
      mtime: time,
    }),
    lookups: 0,
    linked: true,
    bytes,
    children: isDirectory ? new Children() : undefined,
    listedAt: Number.NEGATIVE_INFINITY,
    listing: undefined,
  }
}

/** Gives a node another description of the same kind. */
export function redescribe(node: TreeNode, description: Description, defaults: TreeDefaults): void {
  const bytes = fixedBytes(description)
  const { attr } = node
  const { options } = description
  const changed = !sameBytes(bytes, node.bytes)
  node.description = description
  node.bytes = bytes
  attr.mode = modeOf(description)
  attr.uid = options.uid ?? defaults.uid
  attr.gid = options.gid ?? defaults.gid
  setSize(attr, bytes?.length ?? 0)
  if (options.time !== undefined) setTimes(attr, options.time)
  else if (changed) setTimes(attr, new Date())
}

/** Sets the time of the last change; the kernel drops cached data when it sees another one. */
export function setTimes(attr: Attr, time: Time): void {
  const { seconds, nanoseconds } = splitTime(time)
  attr.mtime = seconds
  attr.ctime = seconds
  attr.mtimensec = nanoseconds
  attr.ctimensec = nanoseconds
}

/** Attributes of a file whose content has been made: the same with another size. */
export function withSize(attr: Attr, size: number): Attr {
  const sized = { ...attr }
  setSize(sized, size)
  return sized
}

function setSize(attr: Attr, size: number): void {
  attr.size = size
  attr.blocks = Math.ceil(size / 512)
}

function modeOf(description: Description): number {
  if (description.kind === 'link') return S_IFLNK | 0o777
  const { mode } = description.options
  if (mode !== undefined && (!Number.isInteger(mode) || mode < 0 || mode > PERMISSIONS)) {
    throw new RangeError(`mode is made of permission bits, 0...07777, not ${mode}`)
  }
  return description.kind === 'file' ? S_IFREG | (mode ?? 0o444) : S_IFDIR | (mode ?? 0o555)
}

function fixedBytes(description: Description): Uint8Array | undefined {
  if (description.kind === 'link') return toBytes(description.target)
  if (description.kind === 'directory' || typeof description.content === 'function') return undefined
  return toBytes(description.content satisfies Content)
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
