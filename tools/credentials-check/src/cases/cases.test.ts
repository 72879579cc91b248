import { expect, test } from 'vitest'
import { usesAcl } from './case.js'
import { generateCases } from './index.js'

test('cases all differ, come again for their seed, and are of every family', () => {
  const cases = generateCases(7, 1000)
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
  expect(new Set(cases.map(({ steps }) => steps.join(';'))).size).toBe(cases.length)
  expect(generateCases(7, 1000)).toEqual(cases)
  expect(generateCases(8, 1000)).not.toEqual(cases)
  expect(cases.length).toBeGreaterThan(990)
  expect(new Set(cases.map(({ name }) => name.replace(/-\d+$/, ''))).size).toBe(19)
})

test('every case has a caller and says whether it is about ACLs', () => {
  const cases = generateCases(1, 500)
  for (const { steps } of cases) expect(steps.some((step) => step.startsWith('as '))).toBe(true)
  const about = cases.filter(usesAcl).length
  expect(about).toBeGreaterThan(100)
  expect(about).toBeLessThan(400)
})
