import { check, ftruncate, memfdCreate, SysError } from '@fb/sys'
import { inflightQueueBytes, isQueueSize } from '@fb/virtqueue'
import { ProtocolViolation } from '../errors.js'
import { type Message, safeNumber, u64 } from '../message.js'
import { OwnedFd } from '../owned-fd.js'
import { Request, requestName } from '../protocol.js'
import type { Session } from '../session.js'
import { OwnedArea } from '../shared-area.js'
import type { HandlerEntry } from './handler.js'

/** The one descriptor of a message, handed over once the area is known to be good. */
function areaOf(message: Message, size: number, offset: number): OwnedArea {
  const [fd] = message.fds
  if (fd === undefined) throw new Error('the descriptor was taken before')
  const area = OwnedArea.of(requestName(message.request), fd, offset, size)
  message.fds[0] = undefined
  return area
}

/** "Inflight description": mmap size, mmap offset, number of queues, descriptors per queue. */
function inflightShape(session: Session, message: Message): { queueCount: number; queueSize: number } {
  const name = requestName(message.request)
  const queueCount = message.payload.getUint16(16, true)
  const queueSize = message.payload.getUint16(18, true)
  if (queueCount === 0 || queueCount > session.vrings.length)
    throw new ProtocolViolation(name, `${queueCount} queues`)
  if (!isQueueSize(queueSize) || queueSize > session.device.maxQueueSize) {
    throw new ProtocolViolation(name, `queues of ${queueSize} descriptors`)
  }
  return { queueCount, queueSize }
}

/** Memory that is not the guest's: the log of written pages, and the record of requests in flight. */
export const areaHandlers: readonly HandlerEntry[] = [
  [
    Request.SET_LOG_BASE,
    async (session, message) => {
      const name = requestName(message.request)
      const size = safeNumber(name, 'the log size', message.payload, 0)
      const offset = safeNumber(name, 'the log offset', message.payload, 8)
      const old = session.log
      session.log = areaOf(message, size, offset)
      try {
        await session.logChanged()
      } finally {
        old?.close()
      }
      return { payload: u64(0n) }
    },
  ],
  // Nobody has to be told of every page that is marked.
  [Request.SET_LOG_FD, () => undefined],
  [
    Request.GET_INFLIGHT_FD,
    (session, message) => {
      const { queueCount, queueSize } = inflightShape(session, message)
      const size = queueCount * inflightQueueBytes(queueSize)
      const fd = new OwnedFd(check(memfdCreate('vhost-inflight', 0), 'memfd_create'))
      const status = ftruncate(fd.fd, size)
      if (status < 0) {
        fd.close()
        throw new SysError(status, 'ftruncate')
      }
      const payload = new Uint8Array(message.payload.byteLength)
      const view = new DataView(payload.buffer)
      view.setBigUint64(0, BigInt(size), true)
      view.setUint16(16, queueCount, true)
      view.setUint16(18, queueSize, true)
      return { payload, fds: [fd] }
    },
  ],
  [
    Request.SET_INFLIGHT_FD,
    (session, message) => {
      const name = requestName(message.request)
      const shape = inflightShape(session, message)
      if (session.running) throw new ProtocolViolation(name, 'queues are running')
      const size = safeNumber(name, 'the mmap size', message.payload, 0)
      const offset = safeNumber(name, 'the mmap offset', message.payload, 8)
      const needed = shape.queueCount * inflightQueueBytes(shape.queueSize)
      if (size < needed) throw new ProtocolViolation(name, `${size} bytes where ${needed} are needed`)
      const area = areaOf(message, size, offset)
      session.inflight?.area.close()
      session.inflight = { area, ...shape }
      return undefined
    },
  ],
]
