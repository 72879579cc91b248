import { ExtensionType } from './constants/request-flags.js'
import { FuseExtHeader, FuseSecctx, FuseSuppGroups } from './generated/transports.generated.js'
import { nameEnd } from './names.js'
import { ProtocolError } from './protocol-error.js'

/** Most supplementary groups that Linux knows (NGROUPS_MAX). */
const maxGroups = 65536

/** Longest name of an extended attribute (XATTR_NAME_MAX), which names of security contexts are. */
const maxNameLength = 255

/** A security context to put on a new file: an extended attribute. */
export interface SecurityContext {
  /** Name of the attribute, without the NUL: `security.selinux`. */
  readonly name: Uint8Array
  /** Value of the attribute. */
  readonly value: Uint8Array
}

/** What the extensions of a request say. */
export interface Extensions {
  /** Supplementary groups of the caller that matter here, `undefined` if there is no such extension. */
  readonly groups: readonly number[] | undefined
  /** Security contexts, `undefined` if there is no such extension. */
  readonly securityContexts: readonly SecurityContext[] | undefined
}

/** Rounds up to the 8 bytes on which records stand. */
function align(length: number): number {
  return Math.ceil(length / 8) * 8
}

/**
 * Reads the extensions that end a request, `totalExtlen * 8` bytes of it. Strict: every size must be a multiple of
 * 8 and agree with what it holds, nothing may be left over, and no extension may come twice.
 *
 * At minors 36 and 37 the header did not count extensions yet: with SECURITY_CTX negotiated, the contexts are what
 * follows the names of a request that creates.
 *
 * @param view the request.
 * @param at first byte of the extensions.
 * @param end position after the last byte of the request.
 * @returns what they say; names and values are views into the request, not copies.
 * @throws ProtocolError for anything else, an unknown type of extension included.
 */
export function parseExtensions(view: DataView, at: number, end: number): Extensions {
  let groups: readonly number[] | undefined
  let securityContexts: readonly SecurityContext[] | undefined
  for (let position = at; position < end; ) {
    if (end - position < FuseExtHeader.size) throw new ProtocolError('extension cut short', position)
    const size = view.getUint32(position, true)
    if (size < FuseExtHeader.size || size % 8 !== 0 || size > end - position) {
      throw new ProtocolError(`extension of ${size} bytes where ${end - position} are left`, position)
    }
    const typeAt = position + FuseExtHeader.offsets.type
    const type = view.getUint32(typeAt, true)
    const body = position + FuseExtHeader.size
    const next = position + size
    if (type <= ExtensionType.MAX_NR_SECCTX) {
      if (securityContexts !== undefined) throw new ProtocolError('security contexts given twice', typeAt)
      securityContexts = parseContexts(view, body, next, type)
    } else if (type === ExtensionType.GROUPS) {
      if (groups !== undefined) throw new ProtocolError('supplementary groups given twice', typeAt)
      groups = parseGroups(view, body, next)
    } else {
      throw new ProtocolError(`unknown extension ${type}`, typeAt)
    }
    position = next
  }
  return { groups, securityContexts }
}

function parseGroups(view: DataView, at: number, end: number): readonly number[] {
  if (end - at < FuseSuppGroups.size) throw new ProtocolError('supplementary groups cut short', at)
  const count = view.getUint32(at, true)
  if (count > maxGroups) throw new ProtocolError(`${count} supplementary groups, more than ${maxGroups}`, at)
  if (align(FuseExtHeader.size + FuseSuppGroups.size + count * 4) !== FuseExtHeader.size + end - at) {
    throw new ProtocolError(`${count} supplementary groups do not fill ${end - at} bytes`, at)
  }
  return Array.from({ length: count }, (_, i) => view.getUint32(at + FuseSuppGroups.size + i * 4, true))
}

function parseContexts(view: DataView, at: number, end: number, count: number): readonly SecurityContext[] {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, end)
  const contexts: SecurityContext[] = []
  let position = at
  for (let i = 0; i < count; i++) {
    if (end - position < FuseSecctx.size) throw new ProtocolError('security context cut short', position)
    const length = view.getUint32(position, true)
    const start = position + FuseSecctx.size
    const stop = nameEnd(bytes, start, Math.min(end, start + maxNameLength + 1))
    if (stop === -1) throw new ProtocolError('security context without a name', start)
    const value = stop + 1
    if (length > end - value) {
      throw new ProtocolError(`security context of ${length} bytes where ${end - value} are left`, position)
    }
    const next = position + align(value + length - position)
    if (next > end) throw new ProtocolError('security context not padded', value + length)
    contexts.push({ name: bytes.subarray(start, stop), value: bytes.subarray(value, value + length) })
    position = next
  }
  if (position !== end) throw new ProtocolError('bytes left over after the security contexts', position)
  return contexts
}

/**
 * Writes extensions as the kernel sends them, security contexts first: for clients and tests.
 *
 * @param extensions what to say; an `undefined` part is left out, an empty one is written with a count of zero.
 * @returns the bytes, a multiple of 8; their length over 8 is the header's `totalExtlen`.
 * @throws RangeError for more contexts or groups than the protocol has room for, and for a name that is empty,
 * longer than 255 bytes or holds a NUL.
 */
export function encodeExtensions(extensions: Extensions): Uint8Array {
  const { groups, securityContexts } = extensions
  if (securityContexts !== undefined) checkContexts(securityContexts)
  if (groups !== undefined && groups.length > maxGroups) throw new RangeError(`more than ${maxGroups} groups`)
  const contextsSize = securityContexts === undefined ? 0 : contextsLength(securityContexts)
  const groupsSize =
    groups === undefined ? 0 : align(FuseExtHeader.size + FuseSuppGroups.size + groups.length * 4)
  const bytes = new Uint8Array(contextsSize + groupsSize)
  const view = new DataView(bytes.buffer)
  if (securityContexts !== undefined) {
    FuseExtHeader.encode(view, 0, { size: contextsSize, type: securityContexts.length })
    writeContexts(view, bytes, FuseExtHeader.size, securityContexts)
  }
  if (groups !== undefined) {
    FuseExtHeader.encode(view, contextsSize, { size: groupsSize, type: ExtensionType.GROUPS })
    const body = contextsSize + FuseExtHeader.size
    FuseSuppGroups.encode(view, body, { nrGroups: groups.length })
    for (const [i, group] of groups.entries()) view.setUint32(body + FuseSuppGroups.size + i * 4, group, true)
  }
  return bytes
}

function checkContexts(contexts: readonly SecurityContext[]): void {
  if (contexts.length > ExtensionType.MAX_NR_SECCTX) {
    throw new RangeError(`more than ${ExtensionType.MAX_NR_SECCTX} security contexts`)
  }
  for (const { name } of contexts) {
    if (name.length === 0 || name.length > maxNameLength || name.includes(0)) {
      throw new RangeError('name of a security context empty, too long or with a NUL')
    }
  }
}

function contextLength({ name, value }: SecurityContext): number {
  return align(FuseSecctx.size + name.length + 1 + value.length)
}

function contextsLength(contexts: readonly SecurityContext[]): number {
  return contexts.reduce<number>((sum, context) => sum + contextLength(context), FuseExtHeader.size)
}

function writeContexts(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  contexts: readonly SecurityContext[],
): void {
  let position = at
  for (const context of contexts) {
    const start = position + FuseSecctx.size
    FuseSecctx.encode(view, position, { size: context.value.length })
    bytes.set(context.name, start)
    bytes.set(context.value, start + context.name.length + 1)
    position += contextLength(context)
  }
}
