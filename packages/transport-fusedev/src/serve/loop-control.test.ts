import { Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { LoopControl } from './loop-control.js'

const workers: Worker[] = []

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()))
})

/** A thread that says where it is in shared memory, as a serving one does, and runs `body` with `words`. */
function thread(control: LoopControl, body: string): Worker {
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads')
     const words = new Int32Array(workerData)
     ${body}`,
    { eval: true, workerData: control.shared },
  )
  workers.push(worker)
  return worker
}

test('stop resolves when the thread says that it has finished', async () => {
  const control = new LoopControl()
  thread(
    control,
    `while (Atomics.load(words, 0) !== 2) Atomics.wait(words, 0, 0, 1)
     Atomics.store(words, 1, 3); Atomics.notify(words, 1)`,
  )
  await control.stop()
  expect(control.finished).toBe(true)
})

test('stopNow waits no longer than it is told', () => {
  const control = new LoopControl()
  expect(control.stopNow(10)).toBe(false)
  control.finish()
  expect(control.stopNow(10)).toBe(true)
})

test('attend resolves when the request for it was taken', async () => {
  const control = new LoopControl()
  const there = new LoopControl(control.shared)
  const attending = control.attend()
  expect(there.commanded).toBe(true)
  expect(there.stopRequested).toBe(false)
  there.attended()
  await attending
  expect(there.commanded).toBe(false)
})

test('a request to attend does not undo one to stop', async () => {
  const control = new LoopControl()
  const there = new LoopControl(control.shared)
  const stopping = control.stop()
  await control.attend()
  there.attended()
  expect(there.stopRequested).toBe(true)
  there.finish()
  await stopping
})

test('a thread on its event loop hears of commands', async () => {
  const control = new LoopControl()
  const there = new LoopControl(control.shared)
  const heard = new Promise<void>((resolve) => there.onCommand(resolve))
  const attending = control.attend()
  await heard
  there.attended()
  await attending
  // One that has stopped listening hears nothing.
  there.onCommand(() => expect.unreachable())
  there.onCommand(undefined)
  const again = control.attend()
  there.attended()
  await again
})
