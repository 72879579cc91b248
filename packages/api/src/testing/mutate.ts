import { FuseInHeader } from '@fb/abi'
import type { SeededRandom } from './random.js'

const HEADER = FuseInHeader.size
const { offsets } = FuseInHeader

/** Where sizes, offsets and counts go wrong: around powers of two that some number type ends at. */
export const EDGES: readonly bigint[] = [
  0n,
  1n,
  0xffn,
  0xffffn,
  0x1_0000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
]

/** One way to spoil a request. Changes the given bytes, or gives others. */
type Mutation = (bytes: Uint8Array, random: SeededRandom) => Uint8Array

const mutations: readonly Mutation[] = [
  flipBits,
  truncate,
  append,
  truncateHonestly,
  appendHonestly,
  lieAboutLength,
  lieAboutExtensions,
  changeOpcode,
  randomBody,
  edgeValue,
  edgeValue,
]

/** Spoils a request in one to three ways. The bytes given are left as they are. */
export function mutate(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  let mutated: Uint8Array = bytes.slice()
  for (let count = 1 + random.below(3); count > 0; count -= 1)
    mutated = random.pick(mutations)(mutated, random)
  return mutated
}

function flipBits(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  for (let count = 1 + random.below(8); count > 0 && bytes.length > 0; count -= 1) {
    const at = random.below(bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
  }
  return bytes
}

function truncate(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  return bytes.slice(0, random.below(bytes.length + 1))
}

function append(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const longer = new Uint8Array(bytes.length + 1 + random.below(64))
  longer.set(bytes)
  longer.set(random.bytes(longer.length - bytes.length), bytes.length)
  return longer
}

/** Shorter or longer, with a length in the header that agrees: only the body is wrong. */
function truncateHonestly(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  if (bytes.length <= HEADER) return bytes
  return withLength(bytes.slice(0, HEADER + random.below(bytes.length - HEADER)))
}

function appendHonestly(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  return withLength(append(bytes, random))
}

function withLength(bytes: Uint8Array): Uint8Array {
  put32(bytes, offsets.len, bytes.length)
  return bytes
}

function lieAboutLength(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const near = bytes.length + random.below(33) - 16
  put32(bytes, offsets.len, random.chance(50) ? near : Number(BigInt.asUintN(32, random.pick(EDGES))))
  return bytes
}

function lieAboutExtensions(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  if (bytes.length >= HEADER)
    viewOf(bytes).setUint16(offsets.totalExtlen, random.chance(70) ? random.below(8) : 0xffff, true)
  return bytes
}

function changeOpcode(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  put32(bytes, offsets.opcode, random.chance(80) ? random.below(60) : random.uint32())
  return bytes
}

function randomBody(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  if (bytes.length > HEADER) bytes.set(random.bytes(bytes.length - HEADER), HEADER)
  return bytes
}

/** Puts an edge where a field of 32 or 64 bits may be. */
function edgeValue(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const wide = random.chance(60)
  const step = wide ? 8 : 4
  const places = Math.floor(bytes.length / step)
  if (places === 0) return bytes
  const at = random.below(places) * step
  const value = random.pick(EDGES)
  if (wide) viewOf(bytes).setBigUint64(at, value, true)
  else put32(bytes, at, Number(BigInt.asUintN(32, value)))
  return bytes
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  if (bytes.length >= at + 4) viewOf(bytes).setUint32(at, value >>> 0, true)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
