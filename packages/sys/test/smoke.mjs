// A self-test without a test runner, for every Node.js that the one binary must work on.
import assert from 'node:assert/strict'
import { mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import * as sys from '../dist/index.js'

const directory = mkdtempSync(join(tmpdir(), 'fb-sys-smoke-'))
const path = join(directory, 'file')

function files() {
  const fd = sys.check(sys.openat(sys.AT_FDCWD, path, sys.O_CREAT | sys.O_RDWR, 0o640), 'openat')
  assert.equal(sys.pwrite(fd, Buffer.from('hello'), 0, 5, 0), 5)
  const out = new Uint8Array(8)
  assert.equal(sys.pread(fd, out, 1, 7, 0), 5)
  assert.equal(Buffer.from(out).toString('latin1', 1, 6), 'hello')
  const raw = new Uint8Array(sys.STATX_BYTES)
  assert.equal(sys.statx(fd, '', sys.AT_EMPTY_PATH, sys.STATX_BASIC_STATS, raw), 0)
  assert.equal(sys.statxSize(new DataView(raw.buffer)), 5)
  assert.equal(sys.lseekBig(fd, 2n, sys.SEEK_SET), 2n)
  assert.equal(sys.openat(sys.AT_FDCWD, join(directory, 'missing'), 0, 0), -2)
  assert.equal(sys.close(fd), 0)
}

function wrongArguments() {
  const detached = new Uint8Array(8)
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  for (const call of [
    () => sys.close(-1),
    () => sys.close('1'),
    () => sys.close(Number.NaN),
    () => sys.pread(0, detached, 0, 0, 0),
    () => sys.pread(0, new Uint8Array(4), 2, 3, 0),
    () => sys.openat(sys.AT_FDCWD, 'a\0b', 0, 0),
    () => sys.preadAsync(0, new Float64Array(4), 0, 1, 0),
    () => sys.watchFd(0, 1, null),
  ]) {
    assert.throws(call, (error) => error instanceof TypeError || error instanceof RangeError)
  }
}

async function asynchronous() {
  const [a, b] = [openSync(path), openSync(path)]
  const buffers = Array.from({ length: 200 }, () => new Uint8Array(5))
  const results = await Promise.all(buffers.map((buffer) => sys.preadAsync(a, buffer, 0, 5, 0)))
  assert.ok(results.every((result) => result === 5))
  assert.ok(buffers.every((buffer) => Buffer.from(buffer).toString() === 'hello'))
  assert.equal(sys.flock(a, sys.LOCK_EX), 0)
  const waiting = sys.flockAsync(b, sys.LOCK_EX, 9n)
  assert.equal(sys.cancelToken(9n), 1)
  assert.equal(await waiting, -sys.errnoNumber('EINTR'))
  sys.close(a)
  sys.close(b)
}

async function watching() {
  const fd = sys.eventfd(1, sys.EFD_NONBLOCK)
  const events = await new Promise((resolve) => {
    const watcher = sys.watchFd(fd, sys.WATCH_READABLE, (mask) => {
      watcher.stop()
      resolve(mask)
    })
  })
  assert.equal(events, sys.WATCH_READABLE)
  sys.close(fd)
}

async function workers() {
  for (let round = 0; round < 5; round++) {
    const worker = new Worker(new URL(import.meta.url), { argv: [path] })
    const exited = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
    await Promise.race([new Promise((resolve) => worker.once('message', resolve)), exited])
    await worker.terminate()
    await exited
  }
}

// Has calls in flight and a watcher active when it is terminated.
async function insideWorker(file) {
  const fd = openSync(file)
  sys.flock(fd, sys.LOCK_SH)
  const other = openSync(file)
  sys.flockAsync(other, sys.LOCK_EX, 1)
  let count = 0
  sys.watchFd(sys.eventfd(1, sys.EFD_NONBLOCK), sys.WATCH_READABLE, () => {
    if (++count === 3) parentPort.postMessage('ready')
  })
  for (;;) await sys.preadAsync(fd, new Uint8Array(5), 0, 5, 0)
}

function credentials() {
  if (process.getuid() !== 0) return 'not root'
  const creds = Uint32Array.of(1000, 1001, 0o022, 1, 1, 1002)
  assert.equal(sys.mkdiratAs(creds, sys.AT_FDCWD, join(directory, 'theirs'), 0o777), 0)
  const raw = new Uint8Array(sys.STATX_BYTES)
  sys.statx(sys.AT_FDCWD, join(directory, 'theirs'), 0, sys.STATX_BASIC_STATS, raw)
  const view = new DataView(raw.buffer)
  assert.deepEqual([sys.statxUid(view), sys.statxGid(view), sys.statxMode(view) & 0o777], [1000, 1001, 0o755])
}

if (isMainThread) {
  try {
    for (const part of [files, wrongArguments, asynchronous, watching, workers, credentials]) {
      const skipped = await part()
      process.stdout.write(`  ${part.name}: ${skipped === undefined ? 'ok' : `skipped, ${skipped}`}\n`)
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
} else {
  rmSync(directory, { recursive: true })
  await insideWorker(process.argv[2])
}
