import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Agent } from './agent.js'
import { GuestError } from './guest-error.js'

let directory: string
let agent: Agent
let guest: Socket

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'fb-agent-'))
  agent = await Agent.listen(join(directory, 'agent'))
  guest = connect(join(directory, 'agent'))
  await new Promise((resolve) => guest.once('connect', resolve))
  guest.setNoDelay(true)
})
afterEach(() => {
  guest.destroy()
  agent.close()
  rmSync(directory, { recursive: true })
})

test('what comes before a marker is output, byte for byte', async () => {
  guest.write(`\n${agent.token} READY 6.1\n`)
  expect(await agent.next()).toMatchObject({ verb: 'READY', value: '6.1', before: Buffer.alloc(0) })
  const output = Buffer.concat([Buffer.from('x'.repeat(100_000)), Buffer.from([0, 255, 10, 10])])
  guest.write(output)
  guest.write(`\n${agent.token} DONE 3\n`)
  const marker = await agent.next()
  expect(marker).toMatchObject({ verb: 'DONE', value: '3' })
  expect(marker.before.equals(output)).toBe(true)
})

test('a marker is found however it is cut', async () => {
  const text = `hello\n${agent.token} DONE 0\n\n${agent.token} READY again\n`
  for (const byte of Buffer.from(text)) {
    await new Promise((resolve) => guest.write(Buffer.of(byte), resolve))
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect((await agent.next()).before.toString()).toBe('hello')
  expect((await agent.next()).value).toBe('again')
})

test('output is told as it comes, without what may be a marker', async () => {
  const told: string[] = []
  agent.onOutput = (bytes) => told.push(bytes.toString())
  const come = async (text: string, expected: string) => {
    guest.write(text)
    while (told.join('') !== expected) await new Promise((resolve) => setImmediate(resolve))
  }
  await come('one', 'one')
  await come('\ntwo\n', 'one\ntwo')
  await come('three', 'one\ntwo\nthree')
  await come(`\n${agent.token.slice(0, 5)}`, 'one\ntwo\nthree')
  await come('!', `one\ntwo\nthree\n${agent.token.slice(0, 5)}!`)
  guest.write(`\n${agent.token} DONE 0\n`)
  expect((await agent.next()).before.toString()).toBe(told.join(''))
})

test('another token is output', async () => {
  guest.write(`\nffff DONE 0\n\n${agent.token} DONE 1\n`)
  const marker = await agent.next()
  expect(marker.value).toBe('1')
  expect(marker.before.toString()).toBe('\nffff DONE 0\n')
})

test('a failure ends the wait and every later one', async () => {
  const wait = agent.next()
  agent.fail(new GuestError('gone'))
  await expect(wait).rejects.toThrow('gone')
  agent.fail(new GuestError('later'))
  await expect(agent.next()).rejects.toThrow('gone')
})
