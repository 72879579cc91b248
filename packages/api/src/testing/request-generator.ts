import { type AnyStruct, encodeExtensions, Opcode, type OpcodeInfo, opcodes } from '@fb/abi'
import { EDGES, mutate } from './mutate.js'
import type { SeededRandom } from './random.js'
import { RequestBody } from './request-body.js'
import { encodeRequest } from './request-bytes.js'

/** Numbers, of nodes and open files, that a file system is likely to know. */
const LIKELY_IDS = 16
/** How far back an INTERRUPT looks for the request that it names. */
const RECENT = 8

/** What a server and its client have agreed on, which decides how long the structs are. */
export interface Agreement {
  readonly minor: number
  readonly flags: bigint
}

/** What a client has learnt of its server, which may go on to learn more: most requests are about these. */
export interface Familiar {
  readonly nodes: readonly number[]
  readonly handles: readonly FamiliarHandle[]
  readonly names: readonly Uint8Array[]
}

/** An open file, and the node that it is open for. */
export interface FamiliarHandle {
  readonly fh: bigint
  readonly node: number
}

/** Fields that hold a node or an open file. */
const NODE_FIELDS: ReadonlySet<string> = new Set(['newdir', 'oldnodeid', 'nodeidOut'])
const HANDLE_FIELDS: ReadonlySet<string> = new Set(['fh', 'fhIn', 'fhOut'])

/**
 * Makes requests from the table of operations of `@fb/abi`: well-formed ones with likely and with extreme
 * values, and spoilt ones. The same seed gives the same requests.
 */
export class RequestGenerator {
  readonly #random: SeededRandom
  readonly #infos: readonly OpcodeInfo[]
  readonly #familiar: Familiar | undefined
  /** Open file of the request that is being made. */
  #handle: FamiliarHandle | undefined
  #unique = 0n

  /** @param familiar - what the server is known to have; without it likely numbers and names are tried */
  constructor(random: SeededRandom, familiar?: Familiar) {
    this.#random = random
    this.#familiar = familiar
    // INIT and DESTROY come by mutation and from whoever drives the server: they would end every connection soon.
    this.#infos = Object.values(opcodes).filter(({ code }) => code !== Opcode.INIT && code !== Opcode.DESTROY)
  }

  /** A request: well-formed in half of the cases, spoilt in the other half. */
  next(agreement: Agreement): Uint8Array {
    const bytes = this.wellFormed(agreement)
    return this.#random.chance(50) ? mutate(bytes, this.#random) : bytes
  }

  /** A request whose lengths are right; what its fields and names hold may still be refused. */
  wellFormed(agreement: Agreement): Uint8Array {
    const random = this.#random
    const info = random.chance(1) ? opcodeOf(Opcode.DESTROY) : random.pick(this.#infos)
    const { handles = [] } = this.#familiar ?? {}
    this.#handle = handles.length > 0 && takesHandle(info) ? random.pick(handles) : undefined
    const extensions = info.extensions && random.chance(30) ? this.#extensions() : new Uint8Array(0)
    return encodeRequest(
      {
        opcode: info.code,
        unique: this.#nextUnique(),
        nodeid: this.#node(),
        uid: random.below(3),
        gid: random.below(3),
        pid: random.below(1000),
      },
      this.#body(info, agreement),
      extensions,
    )
  }

  /** Two requests in flight may have the same number, if rarely: no client does so on purpose. */
  #nextUnique(): bigint {
    if (!this.#random.chance(1)) this.#unique += 2n
    return this.#unique
  }

  #body(info: OpcodeInfo, { minor, flags }: Agreement): Uint8Array {
    const random = this.#random
    const body = new RequestBody()
    const payload = this.#payload(info)
    if (info.request !== undefined) {
      const count = typeof info.payload === 'object' ? payload.length / info.payload.size : payload.length
      body.bytes(
        this.#struct(info.request, info.payloadCount, count).subarray(0, info.requestSize(minor, flags)),
      )
      if (info.code === Opcode.INTERRUPT) body.patch64(0, this.#unique - 2n * BigInt(random.below(RECENT)))
    }
    for (let index = 0; index < info.names; index += 1) body.name(this.#name())
    return body.bytes(payload).finish()
  }

  /** A struct with random fields; the one that counts the payload is right. */
  #struct(struct: AnyStruct, countKey: string | undefined, count: number): Uint8Array {
    const bytes = new Uint8Array(struct.size)
    const view = new DataView(bytes.buffer)
    for (const field of struct.fields) {
      const counting = countKey !== undefined && field.keys[0] === countKey
      const value = counting ? BigInt(count) : this.#value(field.keys[0], field.size)
      if (field.struct !== undefined) bytes.set(this.#struct(field.struct, undefined, 0), field.offset)
      else if (field.kind === 'padding' || field.kind === 'flexible') continue
      else if (field.size === 8) view.setBigUint64(field.offset, value, true)
      else if (field.size === 4) view.setUint32(field.offset, Number(BigInt.asUintN(32, value)), true)
      else if (field.size === 2) view.setUint16(field.offset, Number(BigInt.asUintN(16, value)), true)
    }
    return bytes
  }

  #node(): number {
    const random = this.#random
    const { nodes = [] } = this.#familiar ?? {}
    if (this.#handle !== undefined && random.chance(90)) return this.#handle.node
    return nodes.length > 0 && random.chance(80) ? random.pick(nodes) : 1 + random.below(LIKELY_IDS)
  }

  #value(key: string | undefined, size: number): bigint {
    if (key !== undefined && this.#familiar !== undefined) {
      if (NODE_FIELDS.has(key)) return BigInt(this.#node())
      if (HANDLE_FIELDS.has(key) && this.#handle !== undefined && this.#random.chance(90))
        return this.#handle.fh
    }
    return this.#number(size)
  }

  #number(size: number): bigint {
    const random = this.#random
    const kind = random.below(10)
    if (kind < 5) return BigInt(random.below(LIKELY_IDS))
    if (kind < 7) return BigInt(random.below(8192))
    if (kind < 9) return random.pick(EDGES)
    return BigInt.asUintN(size * 8, random.uint64())
  }

  #payload(info: OpcodeInfo): Uint8Array {
    const random = this.#random
    if (info.payload === 'none') return new Uint8Array(0)
    if (info.payload === 'bytes')
      return random.bytes(random.chance(90) ? random.below(64) : random.below(5000))
    const size = info.payload === 'nodeids' ? 8 : info.payload.size
    return random.bytes(size * random.below(5))
  }

  #name(): Uint8Array {
    const random = this.#random
    const { names = [] } = this.#familiar ?? {}
    if (names.length > 0 && random.chance(50)) return random.pick(names)
    const kind = random.below(20)
    if (kind < 12)
      return new TextEncoder().encode(random.pick(['a', 'b', 'file', 'user.x', 'security.selinux']))
    if (kind === 12) return new TextEncoder().encode(random.pick(['.', '..', 'a/b', '/', '']))
    const length = random.pick([1, 16, 254, 255, 256, 1024, 4096])
    return random.bytes(length).map((byte) => byte || 1)
  }

  #extensions(): Uint8Array {
    const random = this.#random
    const value = random.bytes(random.below(40))
    const context = { name: new TextEncoder().encode('security.selinux'), value }
    return encodeExtensions({
      groups: random.chance(60)
        ? Array.from({ length: random.below(6) }, () => random.below(100))
        : undefined,
      securityContexts: random.chance(60)
        ? Array.from({ length: random.below(3) }, () => context)
        : undefined,
    })
  }
}

function takesHandle({ request }: OpcodeInfo): boolean {
  return request?.fields.some(({ keys }) => HANDLE_FIELDS.has(keys[0] ?? '')) === true
}

function opcodeOf(code: number): OpcodeInfo {
  const info = opcodes[code]
  if (info === undefined) throw new RangeError(`there is no operation ${code}`)
  return info
}
