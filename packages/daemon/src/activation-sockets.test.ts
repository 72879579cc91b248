import { expect, test } from 'vitest'
import { activationSockets } from './activation-sockets.js'

const LISTEN_PID = String(process.pid)

test.each([
  [{}, []],
  [{ LISTEN_PID, LISTEN_FDS: '1' }, [['unknown', 3]]],
  [
    { LISTEN_PID, LISTEN_FDS: '2', LISTEN_FDNAMES: 'control:vhost-user' },
    [
      ['control', 3],
      ['vhost-user', 4],
    ],
  ],
  [
    { LISTEN_PID, LISTEN_FDS: '3', LISTEN_FDNAMES: 'a:a' },
    [
      ['a', 3],
      ['unknown', 5],
    ],
  ],
  [{ LISTEN_PID: '1', LISTEN_FDS: '1', LISTEN_FDNAMES: 'a' }, []],
  [{ LISTEN_PID, LISTEN_FDS: '-1' }, []],
  [{ LISTEN_PID, LISTEN_FDS: '99999999' }, []],
])('%j', (environment: NodeJS.ProcessEnv, sockets) => {
  const given = { ...environment, OTHER: 'stays' }
  expect([...activationSockets(given)]).toEqual(sockets)
  expect(given).toEqual({ OTHER: 'stays' })
})
