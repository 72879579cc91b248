import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { close } from '@fb/sys'
import { afterEach, expect, test } from 'vitest'
import { createLogger } from './log.js'
import { openSyslog } from './syslog.js'

/** A system log that prints what it gets. */
const LISTEN = `
import socket, sys
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind(sys.argv[1])
print('listening', flush=True)
while True: print(log.recv(65536).decode().replace('\\n', '|'), flush=True)
`

const directory = mkdtempSync(join(tmpdir(), 'fb-syslog-'))
afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('lines go to the system log with their priority, and no further when it has gone', async () => {
  const path = join(directory, 'log')
  const listener = spawn('python3', ['-c', LISTEN, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: listener.stdout })[Symbol.asyncIterator]()
  expect((await lines.next()).value).toBe('listening')
  const fd = openSyslog('mine', path)
  const logger = createLogger('info', { kind: 'syslog', fd })
  logger.debug({}, 'not this')
  logger.info({ some: 'detail' }, 'somebody came')
  logger.error({}, 'and broke it')
  const header = `mine\\[${process.pid}\\]: `
  expect((await lines.next()).value).toMatch(
    new RegExp(`^<30>.*${header}\\{"level":30,"some":"detail","msg":"somebody came"\\}$`),
  )
  expect((await lines.next()).value).toMatch(new RegExp(`^<27>.*${header}.*and broke it`))
  const ended = once(listener, 'exit')
  listener.kill()
  await ended
  for (let i = 0; i < 10_000; i += 1) logger.warn({ i }, 'nobody hears this')
  close(fd)
})

test('is refused where there is none', () => {
  expect(() => openSyslog('mine', join(directory, 'none'))).toThrow(
    /--syslog: there is no .*none: no system log/,
  )
})
