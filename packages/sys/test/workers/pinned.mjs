// Binds itself to a CPU and has the addon start a thread from there.
import { readdirSync, readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { fsyncAsync, schedGetaffinity, schedSetaffinity, setThreadName } from '../../dist/index.js'

const allowed = (task) =>
  /Cpus_allowed:\s*(\S+)/.exec(readFileSync(`/proc/self/task/${task}/status`, 'utf8'))[1]
const before = new Set(readdirSync('/proc/self/task'))
const free = allowed(process.pid)

setThreadName(workerData.name)
const results = [schedSetaffinity(workerData.cpu), schedSetaffinity(workerData.cpu)]
if (results.some((result) => result !== 0)) throw new Error(`schedSetaffinity: ${results}`)
const cpus = new Int32Array(4)
const count = schedGetaffinity(cpus)

const started = Array.from({ length: 8 }, () => fsyncAsync(0))
const threads = readdirSync('/proc/self/task').filter((task) => !before.has(task))
await Promise.all(started)
// A thread frees itself as the first thing it does, which the last of them may still have before it.
const unpinned = () => threads.length > 0 && threads.every((task) => allowed(task) === free)
while (!unpinned()) await new Promise((resolve) => setTimeout(resolve, 5))

parentPort.postMessage({
  name: readFileSync('/proc/thread-self/comm', 'utf8').trim(),
  cpus: [...cpus.subarray(0, count)],
  poolUnpinned: unpinned(),
})
