import { describe, expect, it } from 'vitest'
import { Errno } from './errno.js'
import { Notifier, type RetrievedData } from './notifier.js'

/** A notifier whose messages are kept and answered with `result`. */
function notifierOf(result: number | Promise<number>, options = {}) {
  const sent: { bytes: number; stated: number; code: number; unique: bigint }[] = []
  const notifier = new Notifier((head, data) => {
    const view = new DataView(head.buffer, head.byteOffset, head.length)
    sent.push({
      bytes: head.length + (data?.length ?? 0),
      stated: view.getUint32(0, true),
      code: view.getInt32(4, true),
      unique: view.getBigUint64(8, true),
    })
    return result
  }, options)
  return { notifier, sent }
}

describe('a notification', () => {
  it('is one message with its length and code, and no number', async () => {
    const { notifier, sent } = notifierOf(0)
    const all = [
      notifier.pollWakeup(1n),
      notifier.invalInode(1),
      notifier.invalEntry(1, 'a'),
      notifier.store(1, 0, new Uint8Array(5)),
      notifier.deleteEntry(1, 2, 'a'),
      notifier.resend(),
      notifier.incEpoch(),
      notifier.prune([1, 2, 3]),
    ]
    expect(await Promise.all(all)).toEqual(all.map(() => true))
    expect(sent.map(({ code }) => code)).toEqual([1, 2, 3, 4, 6, 7, 8, 9])
    for (const { bytes, stated, unique } of sent) {
      expect(stated).toBe(bytes)
      expect(unique).toBe(0n)
    }
  })

  it.each([Errno.ENOENT, Errno.ENODEV, Errno.ENOTCONN, Errno.ECONNABORTED])(
    'resolves with false for %s',
    async (errno) => {
      expect(await notifierOf(-errno.errno).notifier.invalInode(5)).toBe(false)
      expect(await notifierOf(Promise.resolve(-errno.errno)).notifier.invalInode(5)).toBe(false)
    },
  )

  it('rejects with any other errno', async () => {
    await expect(notifierOf(-22).notifier.incEpoch()).rejects.toBe(Errno.EINVAL)
  })

  it('is refused where it is too long', () => {
    const { notifier, sent } = notifierOf(0)
    for (const name of ['', 'x'.repeat(1025), 'a\0b']) {
      expect(() => notifier.invalEntry(1, name)).toThrow(RangeError)
      expect(() => notifier.deleteEntry(1, 2, name)).toThrow(RangeError)
    }
    expect(() => notifier.store(1, 0, new Uint8Array(2 ** 20 + 1))).toThrow(RangeError)
    expect(() => notifier.retrieve(1, 0, 2 ** 20 + 1)).toThrow(RangeError)
    expect(() => notifier.prune(new Array(1025).fill(1))).toThrow(RangeError)
    expect(() => new Notifier(() => 0, { space: 65536 })).toThrow(RangeError)
    expect(sent).toEqual([])
  })
})

describe('retrieve', () => {
  it('resolves with a copy of what comes', async () => {
    const { notifier } = notifierOf(0)
    const data = Uint8Array.of(1, 2)
    const asked = notifier.retrieve(5, 0, 10)
    expect(notifier.retrieved(1n, 4096, data)).toBe(true)
    data.fill(9)
    expect(await asked).toEqual({ offset: 4096, bytes: Uint8Array.of(1, 2) })
    expect(notifier.retrieved(1n, 0, data)).toBe(false)
  })

  it('rejects where the kernel does not know the node', async () => {
    await expect(notifierOf(-2).notifier.retrieve(5, 0, 10)).rejects.toBe(Errno.ENOENT)
  })

  it('ends with the connection', async () => {
    const { notifier, sent } = notifierOf(0)
    const asked = notifier.retrieve(5, 0, 10)
    notifier.close()
    await expect(asked).rejects.toBe(Errno.ENOTCONN)
    await expect(notifier.retrieve(5, 0, 10)).rejects.toBe(Errno.ENOTCONN)
    expect(await notifier.incEpoch()).toBe(false)
    expect(sent).toHaveLength(1)
  })

  it('knows the answers of the other notifiers of a connection', async () => {
    const foreign: [bigint, RetrievedData][] = []
    const { notifier } = notifierOf(0, {
      space: 2,
      onForeignData: (unique: bigint, data: RetrievedData) => foreign.push([unique, data]),
    })
    const asked = notifier.retrieve(5, 0, 10)
    expect(notifier.retrieved(1n, 0, Uint8Array.of(1))).toBe(false)
    expect(notifier.retrieved((2n << 48n) + 1n, 0, Uint8Array.of(2))).toBe(true)
    expect((await asked).bytes).toEqual(Uint8Array.of(2))
    expect(foreign).toEqual([[1n, { offset: 0, bytes: Uint8Array.of(1) }]])
  })
})
