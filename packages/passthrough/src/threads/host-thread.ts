import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { Errno } from '@fb/api'
import { gettid, setThreadName } from '@fb/sys'
import { PassthroughFs } from '../passthrough-fs.js'
import {
  FORGET_MANY,
  type Forgotten,
  type FromHostThread,
  type HostAnswer,
  type HostCall,
  type HostIo,
  type HostThreadSetup,
  type ToHostThread,
} from './messages.js'
import { ThreadList, ThreadSink, ThreadSource } from './thread-io.js'

const { data } = workerData as HostThreadSetup
const bytes = new Uint8Array(data)
const port = parentPort as MessagePort
const systems = new Map<number, PassthroughFs>()
/** Calls that wait, as a lock does. */
const waiting = new Map<number, AbortController>()
const post = (message: FromHostThread): void => port.postMessage(message)

port.on('message', (message: ToHostThread) => {
  switch (message.kind) {
    case 'attach':
      systems.set(message.fs, PassthroughFs.attach(message.share))
      return
    case 'detach':
      systems.delete(message.fs)
      return
    case 'interrupt':
      waiting.get(message.id)?.abort()
      return
    case 'call':
      run(message.id, systems.get(message.fs), message.call)
  }
})

function run(id: number, fs: PassthroughFs | undefined, call: HostCall): void {
  const aborter = new AbortController()
  const args = [...call.args]
  const list = call.io?.kind === 'list' ? new ThreadList(call.io.size) : undefined
  if (call.context !== undefined) {
    const { at, value } = call.context
    args[at] = { ...value, signal: aborter.signal }
  }
  if (call.io !== undefined) args[call.io.at] = list ?? io(call.io)
  let outcome: unknown
  try {
    outcome =
      call.method === FORGET_MANY ? forgetMany(fs, args[0] as Forgotten) : apply(fs, call.method, args)
  } catch (error) {
    outcome = Promise.reject(error)
  }
  if (!(outcome instanceof Promise)) {
    post({ kind: 'done', id, answer: answerOf(outcome, list), waited: false })
    return
  }
  waiting.set(id, aborter)
  post({ kind: 'waits', id })
  void outcome
    .then(
      (value: unknown) => answerOf(value, list),
      (error: unknown): HostAnswer => {
        const errno = Errno.from(error)
        return errno === undefined ? { defect: error as Error } : { errno: errno.errno }
      },
    )
    .then((answer) => {
      waiting.delete(id)
      post({ kind: 'done', id, answer, waited: true })
    })
}

function apply(fs: PassthroughFs | undefined, name: string, args: readonly unknown[]): unknown {
  const method = fs?.[name as keyof PassthroughFs] as (...args: unknown[]) => unknown
  return method.apply(fs, [...args])
}

function forgetMany(fs: PassthroughFs | undefined, nodes: Forgotten): void {
  for (const [node, count] of nodes) fs?.forget(node, count)
}

function io(numbers: HostIo): unknown {
  if (numbers.kind === 'read') return new ThreadSink(bytes, numbers.size, numbers.value)
  return numbers.kind === 'write' ? new ThreadSource(bytes, numbers.size, numbers.value) : undefined
}

function answerOf(outcome: unknown, list: ThreadList | undefined): HostAnswer {
  if (outcome instanceof Errno) return { errno: outcome.errno }
  // A view would take all of its memory along.
  const value = outcome instanceof Uint8Array ? outcome.slice() : outcome
  return list === undefined ? { value } : { value, entries: list.entries }
}

setThreadName('fb-host')
post({ kind: 'ready', thread: gettid() })
