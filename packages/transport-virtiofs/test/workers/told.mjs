// A file system that does what its file handles say, and counts in shared memory what it was asked.
import { Errno, makeAttr, Server } from '@fb/api'
import { serveVirtiofsInWorker } from '../../dist/index.js'

const Count = { WAITING: 0, RELEASED: 1, DESTROYED: 2, ABORTED: 3, SERVED: 4 }
const Handle = { WAIT: 1, END_THREAD: 2 }

function told({ counts, fd }, index) {
  return {
    getattr: () => ({ attr: makeAttr({ ino: 1, mode: 0o040000, size: index + 1 }), attrTimeout: 0 }),
    read(_node, fh, offset, _sink, ctx) {
      Atomics.add(counts, Count.SERVED, 1)
      if (fh === Handle.END_THREAD) process.exit(3)
      if (fh !== Handle.WAIT) return new TextEncoder().encode(`thread ${index}`)
      const { signal } = ctx
      Atomics.add(counts, Count.WAITING, 1)
      return new Promise((resolve, reject) => {
        const timer = setInterval(() => {
          if (Atomics.load(counts, Count.RELEASED) === 0) return
          clearInterval(timer)
          resolve(new TextEncoder().encode(`waited ${offset}`))
        }, 1)
        signal.addEventListener('abort', () => {
          Atomics.add(counts, Count.ABORTED, 1)
          clearInterval(timer)
          reject(Errno.EINTR)
        })
      })
    },
    setupmapping: (_node, _fh, request, window) => window.map(fd, request),
    removemapping: (_node, ranges, window) => window.unmap(ranges),
    destroy: () => void Atomics.add(counts, Count.DESTROYED, 1),
  }
}

serveVirtiofsInWorker(({ data, index, serverOptions }) => {
  if (data.fails) throw new Error('this thread cannot')
  return new Server(told(data, index), serverOptions)
})
