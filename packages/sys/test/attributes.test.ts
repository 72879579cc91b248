import { lstatSync, statfsSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  chmod,
  close,
  F_OK,
  faccessat2,
  fchmod,
  fchmodat,
  fchownat,
  fstatfs,
  fstatfsAsync,
  futimens,
  O_PATH,
  openat,
  R_OK,
  S_IFMT,
  S_IFREG,
  STATX_BASIC_STATS,
  STATX_BTIME,
  STATX_BYTES,
  statfs,
  statx,
  statxAsync,
  statxAtimeNsec,
  statxAtimeSec,
  statxBlksize,
  statxBlocks,
  statxBtimeSec,
  statxCtimeNsec,
  statxCtimeSec,
  statxDevMajor,
  statxDevMinor,
  statxGid,
  statxIno,
  statxInoHigh,
  statxInoLow,
  statxMask,
  statxMode,
  statxMtimeNsec,
  statxMtimeSec,
  statxNlink,
  statxRdevMajor,
  statxRdevMinor,
  statxSize,
  statxUid,
  UTIME_NOW,
  UTIME_OMIT,
  utimensat as utimensatAt,
  X_OK,
} from '../src/index.js'
import { lacks, minus, temporaryDirectory, withFd } from './support.js'

const directory = temporaryDirectory()
const file = join(directory, 'file')
const link = join(directory, 'link')
writeFileSync(file, 'twelve bytes')
symlinkSync('nowhere', link)

const raw = new Uint8Array(STATX_BYTES)
const view = new DataView(raw.buffer)

test('statx agrees with what Node reads', async () => {
  expect(statx(AT_FDCWD, file, 0, STATX_BASIC_STATS | STATX_BTIME, raw)).toBe(0)
  const known = lstatSync(file, { bigint: true })
  expect(statxMask(view) & STATX_BASIC_STATS).toBe(STATX_BASIC_STATS)
  expect(statxMode(view)).toBe(Number(known.mode))
  expect(statxMode(view) & S_IFMT).toBe(S_IFREG)
  expect(statxIno(view)).toBe(known.ino)
  expect((BigInt(statxInoHigh(view)) << 32n) | BigInt(statxInoLow(view))).toBe(known.ino)
  expect(statxSize(view)).toBe(12)
  expect(statxNlink(view)).toBe(1)
  expect(statxUid(view)).toBe(Number(known.uid))
  expect(statxGid(view)).toBe(Number(known.gid))
  expect(statxBlocks(view)).toBe(Number(known.blocks))
  expect(statxBlksize(view)).toBe(Number(known.blksize))
  const ns = (sec: number, nsec: number) => BigInt(sec) * 1_000_000_000n + BigInt(nsec)
  expect(ns(statxAtimeSec(view), statxAtimeNsec(view))).toBe(known.atimeNs)
  expect(ns(statxMtimeSec(view), statxMtimeNsec(view))).toBe(known.mtimeNs)
  expect(ns(statxCtimeSec(view), statxCtimeNsec(view))).toBe(known.ctimeNs)
  expect(statxBtimeSec(view)).toBe(Number(known.birthtimeNs / 1_000_000_000n))
  const dev = (BigInt(statxDevMajor(view)) << 8n) | BigInt(statxDevMinor(view))
  expect(dev).toBe(known.dev)

  const copy = new Uint8Array(STATX_BYTES + 8)
  expect(await statxAsync(AT_FDCWD, file, 0, STATX_BASIC_STATS | STATX_BTIME, copy)).toBe(0)
  expect(Buffer.from(copy.subarray(0, 144)).equals(raw.subarray(0, 144))).toBe(true)
  expect(await statxAsync(AT_FDCWD, join(directory, 'missing'), 0, 0, copy)).toBe(minus('ENOENT'))
})

test('statx of a descriptor, of a link, of a device', () => {
  const fd = openat(AT_FDCWD, file, O_PATH, 0)
  expect(statx(fd, '', AT_EMPTY_PATH, STATX_BASIC_STATS, raw)).toBe(0)
  expect(statxIno(view)).toBe(statSync(file, { bigint: true }).ino)
  expect(statx(fd, '', 0, STATX_BASIC_STATS, raw)).toBe(minus('ENOENT'))
  close(fd)
  expect(statx(AT_FDCWD, link, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, raw)).toBe(0)
  expect(statxSize(view)).toBe('nowhere'.length)
  expect(statx(AT_FDCWD, link, 0, STATX_BASIC_STATS, raw)).toBe(minus('ENOENT'))
  expect(statx(AT_FDCWD, '/dev/null', 0, STATX_BASIC_STATS, raw)).toBe(0)
  expect([statxRdevMajor(view), statxRdevMinor(view)]).toEqual([1, 3])
  expect(() => statx(AT_FDCWD, file, 0, 0, raw.subarray(1))).toThrow(RangeError)
})

test('modes are changed by path and by descriptor', () => {
  expect(chmod(file, 0o640)).toBe(0)
  expect(statSync(file).mode & 0o7777).toBe(0o640)
  withFd(file, 'r', (fd) => expect(fchmod(fd, 0o600)).toBe(0))
  expect(statSync(file).mode & 0o7777).toBe(0o600)
  expect(fchmodat(AT_FDCWD, file, 0o604, 0)).toBe(0)
  expect(statSync(file).mode & 0o7777).toBe(0o604)
  const fd = openat(AT_FDCWD, file, O_PATH, 0)
  expect(fchmod(fd, 0o600)).toBe(minus('EBADF'))
  expect(chmod(`/proc/self/fd/${fd}`, 0o606)).toBe(0)
  expect(statSync(file).mode & 0o7777).toBe(0o606)
  const answer = fchmodat(fd, '', 0o644, AT_EMPTY_PATH)
  expect([0, minus('ENOSYS')]).toContain(answer)
  expect(statSync(file).mode & 0o7777).toBe(answer === 0 ? 0o644 : 0o606)
  close(fd)
})

test.skipIf(lacks('root'))('owners are changed, and kept', () => {
  expect(fchownat(AT_FDCWD, file, 1234, 0xffff_ffff, 0)).toBe(0)
  expect(fchownat(AT_FDCWD, file, 0xffff_ffff, 4321, 0)).toBe(0)
  expect([statSync(file).uid, statSync(file).gid]).toEqual([1234, 4321])
  expect(fchownat(AT_FDCWD, link, 7, 8, AT_SYMLINK_NOFOLLOW)).toBe(0)
  expect([lstatSync(link).uid, lstatSync(link).gid]).toEqual([7, 8])
  expect(fchownat(AT_FDCWD, file, 0, 0, 0)).toBe(0)
})

test('times are set to the nanosecond, before 1970 too, to now, and kept', () => {
  expect(utimensat(file, -5, 7, 1_000_000_000, 999_999_999)).toBe(0)
  expect(statSync(file, { bigint: true }).atimeNs).toBe(-4_999_999_993n)
  expect(statSync(file, { bigint: true }).mtimeNs).toBe(1_000_000_000_999_999_999n)
  withFd(file, 'r', (fd) => expect(futimens(fd, 0, UTIME_OMIT, 3, 4)).toBe(0))
  expect(statSync(file, { bigint: true }).atimeNs).toBe(-4_999_999_993n)
  expect(statSync(file, { bigint: true }).mtimeNs).toBe(3_000_000_004n)
  utimesSync(file, 0, 0)
  expect(utimensat(file, 0, UTIME_NOW, 0, UTIME_OMIT)).toBe(0)
  expect(statSync(file).atimeMs).toBeGreaterThan(0)
  expect(statSync(file).mtimeMs).toBe(0)
  expect(utimensat(file, 0, 1_000_000_000, 0, 0)).toBe(minus('EINVAL'))
})

function utimensat(path: string, aSec: number, aNsec: number, mSec: number, mNsec: number): number {
  return utimensatAt(AT_FDCWD, path, aSec, aNsec, mSec, mNsec, 0)
}

test('file systems are described', async () => {
  const out = new Uint8Array(120)
  const words = new DataView(out.buffer)
  const known = statfsSync(directory, { bigint: true })
  expect(statfs(directory, out)).toBe(0)
  expect(words.getBigInt64(0, true)).toBe(known.type)
  expect(words.getBigInt64(8, true)).toBe(known.bsize)
  expect(words.getBigInt64(16, true)).toBe(known.blocks)
  for (const call of [fstatfs, fstatfsAsync]) {
    out.fill(0)
    const fd = openat(AT_FDCWD, directory, O_PATH, 0)
    expect(await call(fd, out)).toBe(0)
    close(fd)
    expect(words.getBigInt64(16, true)).toBe(known.blocks)
  }
  expect(statfs(join(directory, 'missing'), out)).toBe(minus('ENOENT'))
  expect(() => statfs(directory, out.subarray(1))).toThrow(RangeError)
})

test('access is answered for this thread', () => {
  chmod(file, 0o400)
  expect(faccessat2(AT_FDCWD, file, F_OK, 0)).toBe(0)
  expect(faccessat2(AT_FDCWD, file, R_OK, 0)).toBe(0)
  expect(faccessat2(AT_FDCWD, file, X_OK, 0)).toBe(minus('EACCES'))
  const fd = openat(AT_FDCWD, file, O_PATH, 0)
  expect(faccessat2(fd, '', R_OK, AT_EMPTY_PATH)).toBe(0)
  close(fd)
})
