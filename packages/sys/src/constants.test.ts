import { constants } from 'node:fs'
import { constants as os } from 'node:os'
import { expect, test } from 'vitest'
import * as ours from './constants.js'

const byName: Readonly<Record<string, number>> = { ...ours }

test('constants agree with those that Node knows', () => {
  const known = Object.entries(constants).filter(([name]) => /^(O|S|[FRWX]_OK)/.test(name))
  const shared = known.filter(([name]) => name in byName)
  expect(shared.length).toBeGreaterThan(30)
  for (const [name, value] of shared) expect([name, byName[name]]).toEqual([name, value])
})

test('what libc hides or leaves out is there as the kernel has it', () => {
  const byArchitecture: Partial<Record<NodeJS.Architecture, [number, number, number, number]>> = {
    x64: [0o100_000, 0o200_000, 0o400_000, 0o40_000],
    arm64: [0o400_000, 0o40_000, 0o100_000, 0o200_000],
  }
  const found = [ours.O_LARGEFILE, ours.O_DIRECTORY, ours.O_NOFOLLOW, ours.O_DIRECT]
  expect(found).toEqual(byArchitecture[process.arch] ?? found)
  expect(ours.O_TMPFILE & ours.O_DIRECTORY).toBe(ours.O_DIRECTORY)
  expect(ours.AT_FDCWD).toBe(-100)
  expect(ours.STATX_BASIC_STATS).toBe(0x7ff)
  expect(ours.RENAME_EXCHANGE).toBe(2)
})

test('the wake signal is a real-time one that Node does not name', () => {
  expect(ours.WAKE_SIGNAL).toBeGreaterThan(34)
  expect(Object.values(os.signals)).not.toContain(ours.WAKE_SIGNAL)
})
