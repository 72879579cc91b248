import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { attempt, missingForMount, mountType, run, waitFor } from '@fb/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { snippets } from './snippets.js'

const found = snippets(new URL('../../../README.md', import.meta.url))
// Inside this package, so that its dependencies resolve; removed afterwards.
const work = mkdtempSync(fileURLToPath(new URL('../.snippets-', import.meta.url)))
const missing = missingForMount()
if (missing !== undefined) console.warn(`skipped: running the mounted snippets: ${missing}`)

beforeAll(async () => {
  for (const [name, code] of found) writeFileSync(join(work, `${name}.ts`), code)
  writeFileSync(
    join(work, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../../tsconfig.base.json',
      compilerOptions: { noEmit: false, declaration: false, sourceMap: false },
      include: ['*.ts'],
    }),
  )
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  await run(process.execPath, [tsc, '-p', work])
}, 120_000)
afterAll(() => rmSync(work, { recursive: true, force: true }))

/** Runs a compiled snippet on a fresh mount point until `use` is done with it, then unmounts. */
async function mounted(
  name: string,
  args: string[],
  use: (mountpoint: string) => Promise<void>,
): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), 'fb-readme-'))
  const mountpoint = join(base, 'mnt')
  mkdirSync(mountpoint)
  let output = ''
  const child: ChildProcess = spawn(process.execPath, [join(work, `${name}.js`), ...args, mountpoint])
  const collect = (chunk: Buffer): void => {
    output += chunk.toString()
  }
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)
  try {
    await waitFor(`${name} to serve`, () => {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${output}`)
      return output.includes(`serving ${mountpoint}`)
    })
    await use(mountpoint)
    await run('umount', [mountpoint])
    await waitFor(`the end of ${name}`, () => child.exitCode !== null)
    expect(child.exitCode, output).toBe(0)
  } finally {
    child.kill('SIGKILL')
    if (mountType(mountpoint) !== undefined) await attempt('umount', ['-l', mountpoint])
    rmSync(base, { recursive: true, force: true })
  }
}

describe('the snippets of the README', () => {
  it('compile, every one', () => {
    expect([...found.keys()]).toEqual([
      'hello',
      'hello-async',
      'testing',
      'passthrough',
      'tree',
      'worker-main',
      'worker-server',
    ])
  })

  it('the first file system has 15 lines', () => {
    const lines =
      found
        .get('hello')
        ?.split('\n')
        .filter((line) => line.trim() !== '') ?? []
    expect(lines.length).toBeLessThanOrEqual(15)
  })

  it('testing: prints what it read', async () => {
    expect(await run(process.execPath, [join(work, 'testing.js')])).toBe('abc\n')
  })

  describe.skipIf(missing !== undefined)('mounted', () => {
    it.each([
      ['hello', 'Hello from TypeScript!\n'],
      ['hello-async', 'Hello, a little later!\n'],
    ])('%s: serves eight readers at once', async (name, text) => {
      await mounted(name, [], async (mountpoint) => {
        const readers = Array.from({ length: 8 }, () =>
          run('sh', ['-c', `for i in 1 2 3 4 5 6 7 8 9 10; do cat ${mountpoint}/hello.txt; done`]),
        )
        for (const output of await Promise.all(readers)) expect(output).toBe(text.repeat(10))
        expect((await attempt('cat', [`${mountpoint}/missing`])).stderr).toMatch(/No such file/)
      })
    })

    it('passthrough: serves a directory, read-only', async () => {
      const source = mkdtempSync(join(tmpdir(), 'fb-readme-source-'))
      writeFileSync(join(source, 'file'), 'content\n')
      await mounted('passthrough', [source], async (mountpoint) => {
        expect(await run('cat', [`${mountpoint}/file`])).toBe('content\n')
        expect((await attempt('touch', [`${mountpoint}/new`])).stderr).toMatch(/Read-only/)
      })
      rmSync(source, { recursive: true })
    })

    it('tree: two directories and a file system that answers later, in one mount', async () => {
      const base = mkdtempSync(join(tmpdir(), 'fb-readme-tree-'))
      const [data, photos] = [join(base, 'data'), join(base, 'photos')]
      mkdirSync(join(data, 'docs'), { recursive: true })
      mkdirSync(photos)
      writeFileSync(join(photos, 'a.jpg'), 'jpeg\n')
      await mounted('tree', [data, photos], async (mountpoint) => {
        expect(await run('ls', [mountpoint])).toBe('docs\nteam\n')
        expect(await run('ls', [`${mountpoint}/team`])).toBe('calendar\nphotos\n')
        expect(await run('ls', [`${mountpoint}/team/calendar`])).toBe('today\ntomorrow\nyesterday\n')
        const before = dayAfter(0)
        const readers = Array.from({ length: 8 }, () => run('cat', [`${mountpoint}/team/calendar/today`]))
        // Whoever reads elsewhere does not wait for those.
        await run('cp', [`${mountpoint}/team/photos/a.jpg`, `${mountpoint}/docs/copy.jpg`])
        for (const text of await Promise.all(readers)) expect([before, dayAfter(0)]).toContain(text)
        const next = dayAfter(1)
        const tomorrow = await run('cat', [`${mountpoint}/team/calendar/tomorrow`])
        expect([next, dayAfter(1)]).toContain(tomorrow)
        expect((await attempt('cat', [`${mountpoint}/team/calendar/never`])).stderr).toMatch(/No such file/)
        expect((await attempt('touch', [`${mountpoint}/team/photos/b.jpg`])).stderr).toMatch(/Read-only/)
      })
      expect(readFileSync(join(data, 'docs/copy.jpg'), 'utf8')).toBe('jpeg\n')
      rmSync(base, { recursive: true })
    })

    it('worker: the process reads its own mount synchronously', async () => {
      const mountpoint = mkdtempSync(join(tmpdir(), 'fb-readme-own-'))
      const ended = await attempt(process.execPath, [join(work, 'worker-main.js'), mountpoint], {
        timeout: 30_000,
      })
      expect(ended).toMatchObject({ code: 0, stdout: 'Read synchronously.\n' })
      expect(mountType(mountpoint)).toBeUndefined()
      rmSync(mountpoint, { recursive: true })
    })
  })
})

/** The day so many days from now, as the calendar says it. */
function dayAfter(days: number): string {
  return `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)}\n`
}
