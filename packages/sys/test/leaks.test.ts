import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from './support.js'

/** Runs `body` in a process of its own, first to warm up and then for the record; how much it grew in between. */
function growth(body: string, rounds: number): { descriptors: number; mebibytes: number; threads: number } {
  const index = new URL('../dist/index.js', import.meta.url).href
  const code = `
    import fs from 'node:fs'
    import * as sys from ${JSON.stringify(index)}
    const path = process.argv[1]
    const round = async () => {${body}}
    const repeat = async (times) => { for (let i = 0; i < times; i++) await round(); gc(); await null; gc() }
    const now = () => ({
      descriptors: fs.readdirSync('/proc/self/fd').length,
      threads: fs.readdirSync('/proc/self/task').length,
      rss: process.memoryUsage.rss(),
    })
    fs.writeFileSync(path, 'x'.repeat(4096))
    await repeat(${rounds} / 4)
    const before = now()
    await repeat(${rounds})
    const after = now()
    console.log(JSON.stringify({
      descriptors: after.descriptors - before.descriptors,
      threads: after.threads - before.threads,
      mebibytes: (after.rss - before.rss) / 2 ** 20,
    }))`
  const path = join(temporaryDirectory(), 'file')
  const args = ['--expose-gc', '--input-type=module', '-e', code, path]
  const child = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(child.stderr).toBe('')
  return JSON.parse(child.stdout) as ReturnType<typeof growth>
}

// Far above the noise of a heap that finds its size, far below what a leak of a few bytes per call would add.
const NOISE_MEBIBYTES = 24

test('synchronous calls leave nothing behind, whether they work, fail or throw', () => {
  const found = growth(
    `
    const out = new Uint8Array(4096), groups = Uint32Array.of(1000, 1000, 0, 0, 2, 5, 6)
    for (let i = 0; i < 1000; i++) {
      sys.statx(sys.AT_FDCWD, path, 0, 0xfff, out)
      sys.close(sys.openat(sys.AT_FDCWD, path, 0, 0))
      sys.openat(sys.AT_FDCWD, path + '/x', 0, 0)
      try { sys.close(-1) } catch {}
      try { sys.openat(sys.AT_FDCWD, 'a\\0', 0, 0) } catch {}
    }
    for (let i = 0; i < 50; i++) sys.openatAs(groups, sys.AT_FDCWD, path + 'no', sys.O_CREAT | sys.O_DIRECTORY, 0)
    const pair = new Int32Array(2)
    sys.pipe2(pair, 0); sys.close(pair[0]); sys.close(pair[1])
    sys.ioctlBuffer(0, 0x5413, out)
    `,
    200,
  )
  expect(found.descriptors).toBe(0)
  expect(found.threads).toBe(0)
  expect(found.mebibytes).toBeLessThan(NOISE_MEBIBYTES)
})

test('asynchronous calls and watchers leave nothing behind', () => {
  const found = growth(
    `
    const fd = fs.openSync(path, 'r+')
    const buffers = Array.from({ length: 100 }, () => new Uint8Array(4096))
    await Promise.all(buffers.map((buffer) => sys.preadAsync(fd, buffer, 0, 4096, 0)))
    await Promise.all(buffers.map((buffer) => sys.pwriteAsync(fd, buffer, 0, 4096, 0)))
    await Promise.all(buffers.map(async () => sys.close(await sys.openatAsync(sys.AT_FDCWD, path, 0, 0))))
    await Promise.all(buffers.map((_, i) => sys.ofdSetlkWaitAsync(fd, sys.F_WRLCK, i, 1, i)))
    for (const buffer of buffers) try { sys.preadAsync(fd, buffer, 1, 4096, 0) } catch {}
    fs.closeSync(fd)
    const event = sys.eventfd(1, sys.EFD_NONBLOCK)
    await new Promise((resolve) => { const w = sys.watchFd(event, 1, () => { w.stop(); resolve() }) })
    sys.close(event)
    await new Promise(setImmediate)
    `,
    200,
  )
  expect(found.descriptors).toBe(0)
  expect(found.mebibytes).toBeLessThan(NOISE_MEBIBYTES)
})

test('workers leave nothing behind', () => {
  const found = growth(
    `
    const { Worker } = await import('node:worker_threads')
    const event = sys.eventfd(1, sys.EFD_NONBLOCK)
    const source = \`
      import { workerData } from 'node:worker_threads'
      const sys = await import(\${JSON.stringify(${JSON.stringify(index())})})
      sys.watchFd(workerData, 1, () => {})
      for (let i = 0; i < 50; i++) sys.fsyncAsync(workerData)
      await sys.fsyncAsync(workerData)
      process.exit()
    \`
    const url = new URL('data:text/javascript,' + encodeURIComponent(source))
    const worker = new Worker(url, { workerData: event })
    const errors = []
    worker.on('error', (error) => errors.push(error))
    await new Promise((resolve) => worker.once('exit', resolve))
    if (errors.length > 0) throw errors[0]
    sys.close(event)
    `,
    40,
  )
  expect(found.descriptors).toBe(0)
  expect(found.mebibytes).toBeLessThan(NOISE_MEBIBYTES)
})

function index(): string {
  return new URL('../dist/index.js', import.meta.url).href
}
