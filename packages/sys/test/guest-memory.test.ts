import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import {
  AT_FDCWD,
  close,
  copyFromGuest,
  copyToGuest,
  ftruncate,
  guestFaults,
  guestRegionBroken,
  guestRegionId,
  MFD_HUGETLB,
  mapGuestRegion,
  memfdCreate,
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  openat,
  pipe2,
  pread,
  preadvGuest,
  preadvGuestAsync,
  pwrite,
  pwritevGuest,
  pwritevGuestAsync,
  read,
  unmapGuestRegion,
  write,
} from '../src/index.js'
import { minus, temporaryDirectory } from './support.js'

const MIB = 1024 * 1024
const directory = temporaryDirectory()

function memfd(size: number, flags = 0): number {
  const fd = memfdCreate('guest', flags)
  if (fd < 0 || ftruncate(fd, size) !== 0) throw new Error('memfd')
  return fd
}

function map(fd: number, size: number, offset = 0): ArrayBuffer {
  const buffer = mapGuestRegion(fd, size, offset)
  if (typeof buffer === 'number') throw new Error(`mapGuestRegion: ${buffer}`)
  return buffer
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function mappingsOf(name: string): number {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`/memfd:${name}`)).length
}

test('a region shows the file and is gone when unmapped', () => {
  const fd = memfd(4 * 4096)
  const before = mappingsOf('guest')
  const buffer = map(fd, 4096 + 10, 100)
  expect(buffer.byteLength).toBe(4106)
  const view = new Uint8Array(buffer)
  pwrite(fd, bytesOf('hello'), 0, 5, 100)
  expect(new TextDecoder().decode(view.slice(0, 5))).toBe('hello')
  view.set(bytesOf('there'), 4101)
  const back = new Uint8Array(5)
  expect(pread(fd, back, 0, 5, 4201)).toBe(5)
  expect(new TextDecoder().decode(back)).toBe('there')
  expect(mappingsOf('guest')).toBe(before + 1)
  expect(unmapGuestRegion(buffer)).toBe(0)
  expect(mappingsOf('guest')).toBe(before)
  expect(view.length).toBe(0)
  expect(view[0]).toBeUndefined()
  expect(() => unmapGuestRegion(buffer)).toThrow(TypeError)
  expect(() => guestRegionId(buffer)).toThrow(TypeError)
  expect(() => unmapGuestRegion(new ArrayBuffer(8))).toThrow(TypeError)
  close(fd)
})

test('what cannot be memory of a guest is refused', () => {
  const fd = memfd(8192)
  expect(mapGuestRegion(fd, 8193, 0)).toBe(minus('ENXIO'))
  expect(mapGuestRegion(fd, 1, 8192)).toBe(minus('ENXIO'))
  expect(mapGuestRegion(fd, 2 ** 32, 2 ** 53 - 1)).toBe(minus('ENXIO'))
  expect(() => mapGuestRegion(fd, 0, 0)).toThrow(RangeError)
  expect(() => mapGuestRegion(fd, 2 ** 32 + 1, 0)).toThrow(RangeError)
  expect(() => mapGuestRegion(fd, 1, -1)).toThrow(RangeError)
  expect(mapGuestRegion(999_999, 1, 0)).toBe(minus('EBADF'))
  const ends = new Int32Array(2)
  pipe2(ends, 0)
  expect(mapGuestRegion(ends[0] as number, 1, 0)).toBe(minus('EINVAL'))
  close(ends[0] as number)
  close(ends[1] as number)
  const nothing = openat(AT_FDCWD, '/dev/zero', O_RDWR, 0)
  expect(mapGuestRegion(nothing, 4096, 0)).toBe(minus('EINVAL'))
  close(nothing)
  const path = join(directory, 'read-only')
  const file = openat(AT_FDCWD, path, O_CREAT | O_RDWR, 0o600)
  ftruncate(file, 4096)
  const readOnly = openat(AT_FDCWD, path, O_RDONLY, 0)
  expect(mapGuestRegion(readOnly, 4096, 0)).toBe(minus('EACCES'))
  close(readOnly)
  close(file)
  close(fd)
})

test('a region without a holder is unmapped when its worker ends', async () => {
  const before = mappingsOf('kept')
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads')
     import(workerData).then((sys) => {
       const fd = sys.memfdCreate('kept', 0)
       sys.ftruncate(fd, 1 << 20)
       globalThis.buffer = sys.mapGuestRegion(fd, 1 << 20, 0)
       sys.close(fd)
       new Uint8Array(globalThis.buffer)[5] = 1
     })`,
    { eval: true, workerData: new URL('../dist/index.js', import.meta.url).href },
  )
  await new Promise((resolve) => worker.once('exit', resolve))
  expect(mappingsOf('kept')).toBe(before)
})

describe('segments', () => {
  test('are copied to and from, in order, with a part skipped', () => {
    const a = memfd(4096)
    const b = memfd(4096)
    const first = map(a, 4096)
    const second = map(b, 4096)
    const segments = Float64Array.of(
      guestRegionId(first), 10, 4,
      guestRegionId(second), 20, 3,
      guestRegionId(first), 100, 0,
      guestRegionId(first), 14, 5,
    ) // biome-ignore format: triples
    expect(copyToGuest(segments, 0, 4, 0, bytesOf('0123456789abcdef'), 0, 16)).toBe(12)
    expect(new TextDecoder().decode(new Uint8Array(first, 10, 9))).toBe('0123789ab')
    expect(new TextDecoder().decode(new Uint8Array(second, 20, 3))).toBe('456')
    const back = new Uint8Array(20)
    expect(copyFromGuest(segments, 0, 4, 2, back, 1, 7)).toBe(7)
    expect(new TextDecoder().decode(back.subarray(1, 8))).toBe('2345678')
    expect(copyFromGuest(segments, 1, 2, 0, back, 0, 20)).toBe(3)
    expect(copyFromGuest(segments, 2, 2, 0, back, 0, 20)).toBe(0)
    expect(copyFromGuest(segments, 0, 4, 12, back, 0, 20)).toBe(0)
    expect(copyFromGuest(segments, 0, 4, 2 ** 53 - 1, back, 0, 20)).toBe(0)
    unmapGuestRegion(first)
    unmapGuestRegion(second)
    close(a)
    close(b)
  })

  test('outside mapped memory are refused', () => {
    const fd = memfd(4096)
    const buffer = map(fd, 4096)
    const id = guestRegionId(buffer)
    const back = new Uint8Array(64)
    const attempt = (...segment: number[]) => copyFromGuest(Float64Array.from(segment), 0, 1, 0, back, 0, 64)
    expect(attempt(id, 4090, 6)).toBe(6)
    for (const bad of [
      [id, 4090, 7], [id, 4097, 0], [id, -1, 4], [id, 0, -1], [id, 0.5, 1], [id, 0, 1.5], [id, Number.NaN, 1],
      [id, 0, Number.NaN], [id, 0, Number.POSITIVE_INFINITY], [id, 2 ** 53, 1], [id, 2 ** 64, 1], [id, 1, 2 ** 63],
      [id + 1, 0, 1], [id + 0.5, 0, 1], [id + 16384, 0, 1], [0, 0, 1], [-1, 0, 1], [Number.NaN, 0, 1], [2 ** 63, 0, 1],
    ]) // biome-ignore format: triples
      expect(attempt(...bad), bad.join()).toBe(minus('EFAULT'))
    const segments = Float64Array.of(id, 0, 4)
    expect(() => copyFromGuest(segments, 0, 2, 0, back, 0, 4)).toThrow(RangeError)
    expect(() => copyFromGuest(segments, 1, 0, 0, back, 0, 4)).toThrow(RangeError)
    expect(() => copyFromGuest(segments, 0, 1, -1, back, 0, 4)).toThrow(RangeError)
    expect(() => copyFromGuest(segments, 0, 1, 0, back, 0, 65)).toThrow(RangeError)
    expect(() => copyFromGuest(new Uint8Array(24) as unknown as Float64Array, 0, 1, 0, back, 0, 4)).toThrow(
      TypeError,
    )
    unmapGuestRegion(buffer)
    expect(attempt(id, 0, 1)).toBe(minus('EFAULT'))
    const next = map(fd, 4096)
    expect(guestRegionId(next)).not.toBe(id)
    expect(attempt(id, 0, 1)).toBe(minus('EFAULT'))
    unmapGuestRegion(next)
    close(fd)
  })

  test('are of no use to another thread', async () => {
    const fd = memfd(4096)
    const buffer = map(fd, 4096)
    const worker = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads')
       import(workerData.url).then((sys) => parentPort.postMessage(
         sys.copyFromGuest(Float64Array.of(workerData.id, 0, 4), 0, 1, 0, new Uint8Array(4), 0, 4)))`,
      {
        eval: true,
        workerData: { url: new URL('../dist/index.js', import.meta.url).href, id: guestRegionId(buffer) },
      },
    )
    const result = await new Promise((resolve) => worker.once('message', resolve))
    expect(result).toBe(minus('EFAULT'))
    await worker.terminate()
    unmapGuestRegion(buffer)
    close(fd)
  })

  test('are filled from files and written to files', async () => {
    const ram = memfd(MIB)
    const buffer = map(ram, MIB)
    const id = guestRegionId(buffer)
    const file = openat(AT_FDCWD, join(directory, 'data'), O_CREAT | O_RDWR, 0o600)
    const text = bytesOf('the quick brown fox jumps over the lazy dog')
    pwrite(file, text, 0, text.length, 1000)
    const segments = Float64Array.of(id, 0, 16, id, 4096, 10, id, 500, 1000)
    expect(preadvGuest(segments, 1, 3, 2, 40, file, 1000, 0)).toBe(40)
    const view = new Uint8Array(buffer)
    expect(view.slice(4098, 4106)).toEqual(text.slice(0, 8))
    expect(view.slice(500, 532)).toEqual(text.slice(8, 40))
    expect(view.slice(0, 16)).toEqual(new Uint8Array(16))
    expect(await preadvGuestAsync(segments, 0, 3, 0, 5000, file, 1000, 0)).toBe(text.length)
    expect(view.slice(0, 16)).toEqual(text.slice(0, 16))
    expect(pwritevGuest(segments, 0, 2, 1, 20, file, 0, 0)).toBe(20)
    const back = new Uint8Array(20)
    pread(file, back, 0, 20, 0)
    expect(back).toEqual(text.slice(1, 21))
    expect(await pwritevGuestAsync(segments, 0, 1, 0, 3, file, 50, 0, true)).toBe(3)
    expect(preadvGuest(segments, 0, 3, 0, 10, 999_999, 0, 0)).toBe(minus('EBADF'))
    expect(preadvGuest(segments, 0, 0, 0, 10, file, 0, 0)).toBe(0)
    expect(preadvGuest(segments, 0, 3, 0, 10, file, 0, 1 << 30)).toBe(minus('EOPNOTSUPP'))
    unmapGuestRegion(buffer)
    expect(preadvGuest(segments, 0, 3, 0, 10, file, 0, 0)).toBe(minus('EFAULT'))
    expect(await preadvGuestAsync(segments, 0, 3, 0, 10, file, 0, 0)).toBe(minus('EFAULT'))
    close(file)
    close(ram)
  })

  test('may be more than one call of the kernel takes', () => {
    const ram = memfd(MIB)
    const buffer = map(ram, MIB)
    const id = guestRegionId(buffer)
    const count = 2500
    const segments = new Float64Array(3 * count)
    for (let i = 0; i < count; i++) segments.set([id, i * 20, 7], 3 * i)
    const file = openat(AT_FDCWD, join(directory, 'many'), O_CREAT | O_RDWR, 0o600)
    const data = Uint8Array.from({ length: count * 7 }, (_, i) => i * 31)
    expect(pwrite(file, data, 0, data.length, 0)).toBe(data.length)
    expect(preadvGuest(segments, 0, count, 0, 1e9, file, 0, 0)).toBe(data.length)
    const back = new Uint8Array(data.length)
    expect(copyFromGuest(segments, 0, count, 0, back, 0, back.length)).toBe(data.length)
    expect(back).toEqual(data)
    expect(pwritevGuest(segments, 0, count, 0, 1e9, file, 100_000, 0)).toBe(data.length)
    expect(pread(file, back, 0, back.length, 100_000)).toBe(data.length)
    expect(back).toEqual(data)
    ftruncate(file, 1024 * 7 + 3)
    expect(preadvGuest(segments, 0, count, 0, 1e9, file, 0, 0)).toBe(1024 * 7 + 3)
    unmapGuestRegion(buffer)
    close(file)
    close(ram)
  })

  test('in flight keep their memory although it is unmapped', async () => {
    const ram = memfdCreate('pinned', 0)
    ftruncate(ram, 8 * MIB)
    const buffer = map(ram, 8 * MIB)
    const segments = Float64Array.of(guestRegionId(buffer), 0, 8 * MIB)
    const file = openat(AT_FDCWD, join(directory, 'large'), O_CREAT | O_RDWR, 0o600)
    ftruncate(file, 8 * MIB)
    const before = mappingsOf('pinned')
    const transfers = Array.from({ length: 16 }, () =>
      preadvGuestAsync(segments, 0, 1, 0, 8 * MIB, file, 0, 0),
    )
    unmapGuestRegion(buffer)
    expect(await Promise.all(transfers)).toEqual(Array.from({ length: 16 }, () => 8 * MIB))
    expect(before).toBe(1)
    expect(mappingsOf('pinned')).toBe(0)
    close(file)
    close(ram)
  })
})

describe('a file truncated under its mapping', () => {
  test('breaks the region and not the process, wherever the access is', async () => {
    const ram = memfd(16 * 4096)
    const file = openat(AT_FDCWD, join(directory, 'fault'), O_CREAT | O_RDWR, 0o600)
    ftruncate(file, 65536)
    const breaks = async (access: (view: Uint8Array, segments: Float64Array) => void) => {
      ftruncate(ram, 16 * 4096)
      const buffer = map(ram, 16 * 4096)
      const id = guestRegionId(buffer)
      const view = new Uint8Array(buffer)
      view.fill(7)
      const faults = guestFaults()
      ftruncate(ram, 4096)
      expect(guestRegionBroken(id)).toBe(0)
      access(view, Float64Array.of(id, 0, 65536))
      expect(guestRegionBroken(id)).toBe(1)
      expect(guestFaults()).toBe(faults + 1)
      expect(view[20_000]).toBe(0)
      view[60_000] = 5
      expect(view[60_000]).toBe(5)
      unmapGuestRegion(buffer)
      expect(guestRegionBroken(id)).toBe(minus('EINVAL'))
    }
    const own = new Uint8Array(65536)
    await breaks((view) => expect(view[30_000]).toBe(0))
    await breaks((view) => {
      view[30_000] = 1
    })
    await breaks((view) => expect(view.reduce((sum, byte) => sum + byte, 0)).toBe(4096 * 7))
    await breaks((_, segments) => expect(copyFromGuest(segments, 0, 1, 0, own, 0, 65536)).toBe(65536))
    await breaks((_, segments) => expect(copyToGuest(segments, 0, 1, 0, own, 0, 65536)).toBe(65536))
    await breaks((view) => expect(Atomics.load(new Int32Array(view.buffer, 8192, 1), 0)).toBe(0))
    await breaks((view) => own.set(view))
    close(file)
    close(ram)
  })

  test('in a loop that has been compiled', () => {
    const ram = memfd(1024 * 4096)
    const buffer = map(ram, 1024 * 4096)
    const words = new Int32Array(buffer)
    const sum = () => {
      let total = 0
      for (let i = 0; i < words.length; i += 1024) total += words[i] as number
      return total
    }
    words.fill(1)
    for (let i = 0; i < 2000; i++) expect(sum()).toBe(1024)
    ftruncate(ram, 4096)
    expect(sum()).toBe(1)
    unmapGuestRegion(buffer)
    close(ram)
  })

  test('gives system calls EFAULT, and what they moved before', async () => {
    const ram = memfd(16 * 4096)
    const buffer = map(ram, 16 * 4096)
    const id = guestRegionId(buffer)
    const file = openat(AT_FDCWD, join(directory, 'fault'), O_CREAT | O_RDWR, 0o600)
    ftruncate(file, 65536)
    ftruncate(ram, 4096)
    const gone = Float64Array.of(id, 8192, 4096)
    expect(preadvGuest(gone, 0, 1, 0, 4096, file, 0, 0)).toBe(minus('EFAULT'))
    expect(pwritevGuest(gone, 0, 1, 0, 4096, file, 0, 0)).toBe(minus('EFAULT'))
    expect(await preadvGuestAsync(gone, 0, 1, 0, 4096, file, 0, 0)).toBe(minus('EFAULT'))
    expect(guestRegionBroken(id)).toBe(0)
    unmapGuestRegion(buffer)
    close(file)
    close(ram)
  })

  test('a SIGBUS that is nobody else ends the process as ever', () => {
    const script = `
      const sys = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)})
      const fd = sys.memfdCreate('x', 0)
      sys.ftruncate(fd, 4096)
      sys.unmapGuestRegion(sys.mapGuestRegion(fd, 4096, 0))
      process.kill(process.pid, 'SIGBUS')
      setTimeout(() => {}, 10000)`
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script])
    expect(signal).toBe('SIGBUS')
  })
})

test('huge pages are mapped whole', (context) => {
  const fd = memfdCreate('huge', MFD_HUGETLB)
  if (fd < 0 || ftruncate(fd, 4 * MIB) !== 0) context.skip('no memfd of huge pages here')
  const buffer = mapGuestRegion(fd, 3 * MIB, 4096)
  if (typeof buffer === 'number') {
    // Without a page in the pool the reservation fails, which is an answer too.
    expect(buffer).toBe(minus('ENOMEM'))
  } else {
    expect(buffer.byteLength).toBe(3 * MIB)
    const id = guestRegionId(buffer)
    // No page in the pool: a fault, survived. With pages: plain memory.
    new Uint8Array(buffer)[2 * MIB] = 1
    expect([0, 1]).toContain(guestRegionBroken(id))
    expect(unmapGuestRegion(buffer)).toBe(0)
  }
  expect(mappingsOf('huge')).toBe(0)
  close(fd)
})

test('memory is in memory or on a disk, never on a file system that somebody serves', () => {
  for (const folder of [directory, '/dev/shm']) {
    const path = join(folder, `fb-sys-ram-${process.pid}`)
    const fd = openat(AT_FDCWD, path, O_CREAT | O_RDWR, 0o600)
    unlinkSync(path)
    ftruncate(fd, 4096)
    const onDisk = statSync(folder).dev >= 256
    const buffer = mapGuestRegion(fd, 4096, 0)
    if (folder === '/dev/shm' || onDisk) expect(buffer).toBeInstanceOf(ArrayBuffer)
    if (typeof buffer !== 'number') unmapGuestRegion(buffer)
    close(fd)
  }
  // As far as anybody can tell without asking it, /proc is such a file system: no disk and no seals.
  const fd = openat(AT_FDCWD, '/proc/self/oom_score_adj', O_RDWR, 0)
  expect(mapGuestRegion(fd, 1, 0)).toBe(minus('EOPNOTSUPP'))
  close(fd)
})

test('mapping and unmapping leaves nothing behind', () => {
  const fd = memfd(MIB)
  const descriptors = readdirSync('/proc/self/fd').length
  const before = mappingsOf('guest')
  for (let i = 0; i < 20_000; i++) unmapGuestRegion(map(fd, MIB))
  expect(mappingsOf('guest')).toBe(before)
  expect(readdirSync('/proc/self/fd').length).toBe(descriptors)
  close(fd)
  const ends = new Int32Array(2)
  pipe2(ends, 0)
  expect(write(ends[1] as number, new Uint8Array(1), 0, 1)).toBe(1)
  expect(read(ends[0] as number, new Uint8Array(1), 0, 1)).toBe(1)
  close(ends[0] as number)
  close(ends[1] as number)
})
