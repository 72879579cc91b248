import { missingForMount } from '@fb/testbed'
import { expect, test } from 'vitest'
import { compare } from '../src/compare.js'
import { layers } from '../src/programs/overlay.js'
import { qemuImg } from '../src/programs/qemu.js'

test.for([
  ['qemu-img', qemuImg],
  ['overlayfs with all of its layers', layers('all here')],
] as const)('%s on the mount comes to what it does on the disk', async ([, program], { skip }) => {
  const missing = missingForMount(['mkfs.ext4', ...program.needs])
  if (missing !== undefined) return skip(missing)
  const { facts, differences } = await compare(program)
  expect(differences).toEqual([])
  expect(facts).toBeGreaterThan(10)
})
