import { guestUnavailable } from '@fb/guest-vm'
import { missingForMount } from '@fb/testbed'
import { expect, test } from 'vitest'
import {
  check,
  describeDifference,
  generateCases,
  isOfUntoldCaller,
  namesNobody,
  type Place,
  type Report,
  usesAcl,
} from '../src/index.js'

const SEED = 1
const TREE = { tree: 'uidmap=0:100000:60000,gidmap=0:100000:60000', shift: 100_000 }
const missing = missingForMount(['mkfs.ext4', 'g++'])

/** What must be refused for some caller and some file, or the cases prove nothing. */
const ERRORS = ['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENODATA', 'EOPNOTSUPP']

function expectNone({ differences, errors }: Report): void {
  expect(differences.map(describeDifference)).toEqual([])
  for (const error of ERRORS) expect([error, (errors[error] ?? 0) > 0]).toEqual([error, true])
}

const PLACES: readonly (readonly [string, number, Place])[] = [
  ['with the defaults', 2500, { mount: {} }],
  ['with nothing cached', 500, { mount: { args: ['--cache', 'never'] } }],
  ['with writes gathered', 500, { mount: { args: ['--cache', 'always', '--writeback'] } }],
  ['in a tree with other ids', 1000, { mount: TREE }],
]

test.for(PLACES)(
  'users may do %s what they may on the disk: %d cases',
  async ([, count, place], { skip }) => {
    if (missing !== undefined) return skip(missing)
    expectNone(await check(generateCases(SEED, count), place))
  },
)

test('users may do without ACLs what they may on the disk', async ({ skip }) => {
  if (missing !== undefined) return skip(missing)
  const cases = generateCases(SEED, 1000).filter((each) => !usesAcl(each))
  expectNone(await check(cases, { mount: { tree: 'no-posix-acl' } }))
})

test('users of a guest may do what they may on a disk of the guest', async ({ skip }) => {
  const reason = missing ?? (await guestUnavailable({ kernel: '6.12' }))
  if (reason !== undefined) return skip(reason)
  const cases = generateCases(SEED, 500).filter((each) => !namesNobody(each))
  const report = await check(cases, { guest: { kernel: '6.12', args: ['--posix-acl'] } })
  const untold = report.differences.filter(isOfUntoldCaller)
  expect(untold.length).toBeLessThan(cases.length / 50)
  expectNone({ ...report, differences: report.differences.filter((each) => !untold.includes(each)) })
})
