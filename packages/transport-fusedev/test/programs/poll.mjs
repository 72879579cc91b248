// Polls the file argv[2] for POLLIN without a limit of time, and prints what is ready.
import { openSync } from 'node:fs'
import { POLLIN, poll } from '@fb/sys'

const fd = openSync(process.argv[2], 'r')
const fds = Int32Array.of(fd, POLLIN, 0)
poll(fds, 1, -1)
console.log(fds[2] === POLLIN ? 'POLLIN' : fds[2])
