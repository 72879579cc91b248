// Counts up and down in memory that another thread uses in the same way, and ends with nothing of its own in it.
import { parentPort, workerData } from 'node:worker_threads'
import { ClientState } from '@fb/vfs'

const { memory, thread, rounds } = workerData
const { nodes, handles } = new ClientState(memory)
const INDEX = 3
for (let i = 0; i < rounds; i += 1) {
  // Nodes of both threads, and of one alone: the table grows and shrinks under the other's hands.
  const node = 2 + (i % 2 === 0 ? i % 5 : 1000 * (thread + 1) + (i % 900))
  if (!nodes.add(node, INDEX, 0, Number.POSITIVE_INFINITY)) throw new Error('the table is full')
  if (!handles.add(node, INDEX, thread, 'file', 0, Number.POSITIVE_INFINITY)) throw new Error('no room')
  if (!handles.remove(node, INDEX, thread, 'file', 0)) throw new Error('an open file is gone')
  if (i % 1800 >= 900) continue
  if (nodes.take(node, INDEX, 1) !== 1) throw new Error('a node is gone')
}
for (const { node, lookups } of nodes.entries()) {
  const mine = node >= 2 + 1000 * (thread + 1) && node < 2 + 1000 * (thread + 1) + 900
  if (mine) nodes.take(node, INDEX, lookups)
}
parentPort.postMessage('done')
