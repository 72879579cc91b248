import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  close,
  EFD_NONBLOCK,
  EFD_SEMAPHORE,
  eventfd,
  MFD_ALLOW_SEALING,
  memfdCreate,
  O_NONBLOCK,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  pipe2,
  poll,
  pread,
  pwrite,
  read,
  recvFd,
  setfl,
  socketpair,
  umount2,
  write,
} from '../src/index.js'
import { lacks, minus, openDescriptors, temporaryDirectory } from './support.js'

const out = new Uint8Array(8)

function pair(): [number, number] {
  const ends = new Int32Array(2)
  expect(socketpair(ends)).toBe(0)
  return [ends[0] ?? -1, ends[1] ?? -1]
}

/** Runs a program whose descriptor 3 is `socket`. */
function run(
  command: string,
  args: string[],
  socket: number,
  env: NodeJS.ProcessEnv = {},
): Promise<number | null> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit', socket],
    env: { ...process.env, LD_PRELOAD: '', ...env },
  })
  return new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject))
}

test('socket pairs are connected both ways', () => {
  const [a, b] = pair()
  expect(write(a, Uint8Array.of(7), 0, 1)).toBe(1)
  expect(read(b, out, 0, 8)).toBe(1)
  expect(out[0]).toBe(7)
  close(a)
  expect(read(b, out, 0, 8)).toBe(0)
  close(b)
})

test('a descriptor is received, further ones are closed', async () => {
  const [a, b] = pair()
  const before = openDescriptors()
  const script =
    'import socket,os; s=socket.socket(fileno=3); r,w=os.pipe(); os.write(w,b"via"); socket.send_fds(s,[b"x"],[r,w,w,w])'
  expect(await run('python3', ['-c', script], b)).toBe(0)
  const received = recvFd(a)
  expect(received).toBeGreaterThanOrEqual(0)
  expect(openDescriptors()).toBe(before + 1)
  expect(read(received, out, 0, 8)).toBe(3)
  expect(Buffer.from(out.subarray(0, 3)).toString()).toBe('via')
  // The writing ends were closed too, so this is the end.
  expect(read(received, out, 0, 8)).toBe(0)
  close(received)

  expect(setfl(a, O_NONBLOCK)).toBe(0)
  expect(recvFd(a)).toBe(minus('EAGAIN'))
  write(b, Uint8Array.of(1), 0, 1)
  expect(recvFd(a)).toBe(minus('EBADMSG'))
  close(b)
  expect(recvFd(a)).toBe(minus('ECONNRESET'))
  close(a)
  expect(recvFd(a)).toBe(minus('EBADF'))
})

describe.skipIf(lacks('mount'))('fusermount3', () => {
  test('hands over /dev/fuse', async () => {
    const target = join(temporaryDirectory(), 'mnt')
    mkdirSync(target)
    const [a, b] = pair()
    expect(await run('fusermount3', ['-o', 'fsname=fb-sys', '--', target], b, { _FUSE_COMMFD: '3' })).toBe(0)
    const fuse = recvFd(a)
    expect(fuse).toBeGreaterThanOrEqual(0)
    const request = new Uint8Array(1 << 17)
    expect(read(fuse, request, 0, request.length)).toBeGreaterThan(40)
    // FUSE_INIT
    expect(new DataView(request.buffer).getUint32(4, true)).toBe(26)
    expect(umount2(target, 0)).toBe(0)
    expect(read(fuse, request, 0, request.length)).toBe(minus('ENODEV'))
    for (const fd of [fuse, a, b]) close(fd)
  })
})

test('event counters count', () => {
  const fd = eventfd(3, EFD_NONBLOCK | EFD_SEMAPHORE)
  const view = new DataView(out.buffer)
  expect(read(fd, out, 0, 8)).toBe(8)
  expect(view.getBigUint64(0, true)).toBe(1n)
  expect(read(fd, out, 0, 8)).toBe(8)
  expect(read(fd, out, 0, 8)).toBe(8)
  expect(read(fd, out, 0, 8)).toBe(minus('EAGAIN'))
  close(fd)
  expect(eventfd(0, 1 << 20)).toBe(minus('EINVAL'))
})

test('anonymous memory is a file', () => {
  const fd = memfdCreate('name', MFD_ALLOW_SEALING)
  expect(pwrite(fd, Buffer.from('memory'), 0, 6, 10)).toBe(6)
  expect(pread(fd, out, 0, 8, 12)).toBe(4)
  close(fd)
  expect(memfdCreate('n'.repeat(250), 0)).toBe(minus('EINVAL'))
})

test('poll tells what is ready', () => {
  const ends = new Int32Array(2)
  pipe2(ends, 0)
  const [reader = -1, writer = -1] = ends
  const fds = Int32Array.of(reader, POLLIN, -1, writer, POLLOUT, -1, -5, POLLIN, -1, 999_999, POLLIN, -1)
  expect(poll(fds, 4, 0)).toBe(2)
  expect([fds[2], fds[5], fds[8], fds[11]]).toEqual([0, POLLOUT, 0, POLLNVAL])
  close(writer)
  expect(poll(fds, 1, -1)).toBe(1)
  expect(fds[2]).toBe(POLLHUP)
  close(reader)
  expect(poll(new Int32Array(0), 0, 0)).toBe(0)
  expect(() => poll(fds, 5, 0)).toThrow(RangeError)
  expect(() => poll(new Int32Array(4000), 1025, 0)).toThrow(RangeError)
  expect(() => poll(fds, 1, -2)).toThrow(RangeError)
})
