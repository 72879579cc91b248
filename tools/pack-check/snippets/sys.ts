import { readFileSync } from 'node:fs'
import { AT_FDCWD, check, close, O_RDONLY, openat, pread } from '@fb/sys'

const path = '/proc/sys/kernel/ostype'
const fd = check(openat(AT_FDCWD, path, O_RDONLY, 0), 'openat')
const buffer = new Uint8Array(64)
const length = pread(fd, buffer, 0, buffer.length, 0)
close(fd)
if (Buffer.from(buffer.subarray(0, length)).toString() !== readFileSync(path, 'utf8'))
  throw new Error('other bytes')
console.log('@fb/sys works')
