import { registryUnreachable } from '@fb/run'
import { expect, it } from 'vitest'
import { majors, nodeBinary } from './node-binary.js'
import { smoke } from './smoke.js'

const works = /^v(\d+)\.\d+\.\d+: [1-9]\d* modules, file system in memory, addon(, daemon)?$/m

it('the packages work under the Node that runs', () => {
  expect(smoke(process.execPath)).toMatch(works)
})

it.for(majors)('the packages work under Node %i', async (major, { skip }) => {
  const binary = await nodeBinary(major).catch((error: unknown) => {
    const reason = registryUnreachable()
    if (reason === undefined) throw error
    return skip(reason)
  })
  const output = smoke(binary)
  expect(output).toMatch(works)
  expect(works.exec(output)?.[1]).toBe(String(major))
})
