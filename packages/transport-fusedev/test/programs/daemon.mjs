// Mounts HelloFs at each path of argv[2...-1], with the options of the last argument (JSON; `workers` threads serve it
// where that is given), and does what it reads on stdin, one word a line. Answers with one line of JSON each; the first
// is 'ready'.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Server } from '@fb/api'
import { FuseSession, mount } from '@fb/transport-fusedev'
import { HelloFs } from './hello-fs.mjs'

const paths = process.argv.slice(2, -1)
const { workers, ...options } = JSON.parse(process.argv.at(-1))
const say = (value) => console.log(JSON.stringify(value))

async function start(path) {
  if (workers === undefined) return mount(new HelloFs(), path, options)
  const session = await FuseSession.mount(path, { handleSignals: true, ...options })
  await session.serveWorkers(new Server(new HelloFs(), { notifier: session.notifier }), {
    workers,
    script: new URL('./worker.mjs', import.meta.url),
    workerData: { words: new SharedArrayBuffer(256), mode: 'sync' },
  })
  return session
}

const mounts = []
try {
  for (const path of paths) mounts.push(await start(path))
} catch ({ name, code, message, remedy }) {
  say({ name, code, message, remedy })
  process.exit(1)
}
say('ready')

const commands = {
  /** The mountinfo lines of the mountpoints, in this process's namespace. */
  mountinfo() {
    const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
    say(lines.filter((line) => paths.includes(line.split(' ')[4])))
  },
  /** The content of the first mount's file, read by another process. */
  read() {
    execFile('cat', [`${paths[0]}/hello`], (error, stdout) => say(error === null ? stdout : error.message))
  },
  async unmount() {
    for (const mounted of mounts) await mounted.unmount()
    say('unmounted')
  },
  exit() {
    process.exit(7)
  },
  throw() {
    throw new Error('thrown on purpose')
  },
  reject() {
    Promise.reject(new Error('rejected on purpose'))
  },
  /** Handles SIGTERM itself as well. */
  handle() {
    process.on('SIGTERM', () => say('SIGTERM'))
    say('handling')
  },
  listeners() {
    say(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => process.listenerCount(signal)))
  },
}
const input = createInterface({ input: process.stdin })
input.on('line', (word) => commands[word]())
input.on('close', () => process.exit())
