import { type FuseAttrOut, type FuseEntryOut, Opcode, type StructDescriptor } from '@fb/abi'
import { Errno } from '../errno.js'
import type { AttrReply, Entry } from '../file-system.js'
import { ContractViolation } from './contract-violation.js'
import { FuseError } from './fuse-error.js'

const NS_PER_SECOND = 1_000_000_000
const S_IFMT = 0o170000
/** S_IFSOCK, S_IFLNK, S_IFREG, S_IFBLK, S_IFDIR, S_IFCHR, S_IFIFO. */
const FILE_TYPES = new Set([0o140000, 0o120000, 0o100000, 0o060000, 0o040000, 0o020000, 0o010000])

/** Reads the struct that a reply consists of. Its size must be exact: the kernel refuses any other. */
export function decodeReply<T extends object>(descriptor: StructDescriptor<T>, body: Uint8Array): T {
  checkSize(body, descriptor.size, descriptor.cName)
  return decodeAt(descriptor, body, 0)
}

/** Reads the struct at `at` of a reply that has more than one part. */
export function decodeAt<T extends object>(descriptor: StructDescriptor<T>, body: Uint8Array, at: number): T {
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  return descriptor.decode(view, at, descriptor.create())
}

/** Checks the size of a reply's body. Throws {@link ContractViolation}. */
export function checkSize(body: Uint8Array, size: number, what: string): void {
  if (body.length !== size) {
    throw new ContractViolation(`the reply (${what}) has ${body.length} bytes instead of ${size}`)
  }
}

/** Attributes as the file system gave them. */
export function toAttrReply(out: FuseAttrOut, opcode: number): AttrReply {
  checkMode(out.attr.mode, opcode)
  return { attr: out.attr, attrTimeout: seconds(out.attrValid, out.attrValidNsec) }
}

/**
 * An entry as the file system gave it. Refuses with EIO what the kernel refuses with EIO (fs/fuse/dir.c): a
 * mode without a file type, and for what is new no node or the root.
 */
export function toEntry(out: FuseEntryOut, opcode: number): Entry {
  if (out.nodeid !== 0) checkMode(out.attr.mode, opcode)
  if (opcode !== Opcode.LOOKUP && out.nodeid <= 1) {
    throw new FuseError(Errno.EIO, opcode, `the kernel refuses nodeid ${out.nodeid} for something new`)
  }
  return {
    nodeid: out.nodeid,
    generation: out.generation,
    entryTimeout: seconds(out.entryValid, out.entryValidNsec),
    attrTimeout: seconds(out.attrValid, out.attrValidNsec),
    attr: out.attr,
  }
}

function seconds(whole: number, nanoseconds: number): number {
  return whole + nanoseconds / NS_PER_SECOND
}

function checkMode(mode: number, opcode: number): void {
  if (FILE_TYPES.has(mode & S_IFMT)) return
  const text = `mode 0${mode.toString(8)} has no file type (S_IFREG, S_IFDIR ...), which the kernel refuses`
  throw new FuseError(Errno.EIO, opcode, text)
}
