import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pnpm, registryUnreachable } from '@fb/run'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Consumer } from './consumer.js'
import { closure, type PublishedPackage, publishedPackages } from './workspace-packages.js'

const packages = publishedPackages()
const reason = registryUnreachable()
const because = reason === undefined ? '' : ` (skipped: ${reason})`
const snippets = fileURLToPath(new URL('../snippets/', import.meta.url))
let tarballs: string

beforeAll(async () => {
  tarballs = mkdtempSync(join(tmpdir(), 'fb-tarballs-'))
  const filters = packages.map((item) => `--filter=${item.name}`)
  if (reason === undefined) await pnpm([...filters, 'pack', '--pack-destination', tarballs])
})
afterAll(() => {
  rmSync(tarballs, { recursive: true, force: true })
})

/** Where pnpm puts the tarball of a package. */
function tarball(item: PublishedPackage): string {
  return join(tarballs, `${item.name.slice(1).replace('/', '-')}-${item.version}.tgz`)
}

describe.skipIf(reason !== undefined)(`a published package${because}`, () => {
  it.each(packages)('$name installs, type-checks and works in an empty project', (item) => {
    const consumer = new Consumer()
    try {
      const needed = packages.filter((other) => closure(item.name, packages).includes(other.name))
      consumer.install(Object.fromEntries(needed.map((other) => [other.name, tarball(other)])))
      const installed = join(consumer.directory, 'node_modules', item.name)
      expect(readFileSync(join(installed, 'package.json'), 'utf8')).not.toContain('workspace:')
      expect(existsSync(join(installed, 'LICENSE'))).toBe(true)
      expect(findTests(installed)).toEqual([])
      const snippet = join(snippets, `${item.shortName}.ts`)
      expect(existsSync(snippet), `every package has a snippet: write ${snippet}`).toBe(true)
      consumer.typecheck(snippet, 'node16')
      consumer.typecheck(snippet, 'bundler')
      expect(consumer.runSnippet()).toBe(`${item.name} works\n`)
    } finally {
      consumer.remove()
    }
  })
})

it('the tarball of @fb/sys has the binary of this platform', () => {
  const sys = packages.find((item) => item.name === '@fb/sys')
  const binaries = readdirSync(join(sys?.directory ?? '', 'prebuilds', `linux-${process.arch}`))
  expect(binaries.filter((name) => name.endsWith('.node'))).not.toEqual([])
})

/** Files of tests that have no business in a published package. */
function findTests(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.test\.[cm]?[jt]s$/.test(path),
  )
}
