import { describe, expect, it } from 'vitest'
import { cNames } from './constants/c-names.js'
import { FUSE_KERNEL_MINOR_VERSION } from './constants/limits.js'
import { Opcode } from './constants/opcode.js'
import { opcodeInfo, opcodes } from './opcodes.js'

const entries = Object.values(opcodes)
const reserved: readonly number[] = [Opcode.INIT_BSWAP_RESERVED, Opcode.CUSE_INIT_BSWAP_RESERVED]

describe('opcodes', () => {
  it('has an entry for every number of Opcode that is not reserved, and no other', () => {
    const wanted = Object.values<number>(Opcode).filter((code) => !reserved.includes(code))
    expect(entries.map(({ code }) => code).sort((a, b) => a - b)).toEqual(wanted.sort((a, b) => a - b))
  })

  it.each(entries)('$name says the same thing everywhere', (info) => {
    expect(opcodes[info.code]).toBe(info)
    expect(opcodeInfo(info.code)).toBe(info)
    expect(Opcode[info.name as keyof typeof Opcode]).toBe(info.code)
    expect(cNames.get(info.cName)).toBe(info.code)
    expect(info.since).toBeLessThanOrEqual(FUSE_KERNEL_MINOR_VERSION)
  })

  it.each(entries)('$name has the whole structs at the newest minor with every feature', (info) => {
    expect(info.requestSize(FUSE_KERNEL_MINOR_VERSION, 2n ** 64n - 1n)).toBe(info.request?.size ?? 0)
    expect(info.replySize(FUSE_KERNEL_MINOR_VERSION)).toBe(
      typeof info.reply === 'object' ? info.reply.size : 0,
    )
  })

  it.each(entries.filter(({ payload }) => payload !== 'none'))(
    '$name counts its payload in a field',
    (info) => {
      expect(Object.keys(info.request?.create() ?? {})).toContain(info.payloadCount)
    },
  )

  it('counts nothing where there is no payload', () => {
    expect(
      entries.filter(({ payload, payloadCount }) => payload === 'none' && payloadCount !== undefined),
    ).toEqual([])
  })

  const names = (some: typeof entries) => some.map(({ name }) => name)

  it('never answers forgets, interrupts and replies', () => {
    const expected = ['FORGET', 'INTERRUPT', 'NOTIFY_REPLY', 'BATCH_FORGET']
    expect(names(entries.filter(({ noReply }) => noReply))).toEqual(expected)
  })

  it('extends what creates a file', () => {
    const expected = ['SYMLINK', 'MKNOD', 'MKDIR', 'CREATE', 'TMPFILE']
    expect(names(entries.filter(({ extensions }) => extensions))).toEqual(expected)
  })

  it('has two names where there are two', () => {
    expect(names(entries.filter(({ names: count }) => count === 2))).toEqual(['SYMLINK', 'RENAME', 'RENAME2'])
  })

  it('follows features and minors', () => {
    expect(opcodeInfo(Opcode.SETXATTR)?.requestSize(45, 0n)).toBe(8)
    expect(opcodeInfo(Opcode.INIT)?.requestSize(35, 0n)).toBe(16)
    expect(opcodeInfo(Opcode.MKNOD)?.requestSize(11, 0n)).toBe(8)
    expect(opcodeInfo(Opcode.TMPFILE)?.replySize(8)).toBe(120)
  })
})

describe('opcodeInfo', () => {
  it.each([0, 7, 19, 54, 4095, 4097, 0xffffffff, -1, 1.5, Number.NaN, ...reserved])(
    'knows nothing of %d',
    (code) => {
      expect(opcodeInfo(code)).toBeUndefined()
    },
  )
})
