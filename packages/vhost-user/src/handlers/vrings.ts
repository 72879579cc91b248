import { isQueueSize } from '@fb/virtqueue'
import { ProtocolViolation } from '../errors.js'
import { isEvent } from '../event-fd.js'
import { type Message, safeNumber, vringState } from '../message.js'
import type { OwnedFd } from '../owned-fd.js'
import { Request, requestName, VhostFeature, VRING_INDEX_MASK, VRING_LOG, VRING_NO_FD } from '../protocol.js'
import type { Session } from '../session.js'
import type { Vring } from '../vring.js'
import type { HandlerEntry } from './handler.js'

/** Indexes of rings have 16 bits. */
const MAX_BASE = 0xffff

/** "A vring state description": a queue and a number. */
function state(session: Session, message: Message): { name: string; vring: Vring; num: number } {
  const name = requestName(message.request)
  const vring = session.vring(name, message.payload.getUint32(0, true))
  return { name, vring, num: message.payload.getUint32(4, true) }
}

/** The payload of SET_VRING_KICK, CALL and ERR, and the descriptor that came, which is still the message's. */
function event(session: Session, message: Message): { name: string; vring: Vring; given: boolean } {
  const name = requestName(message.request)
  const value = message.payload.getBigUint64(0, true)
  const unknown = value & ~(VRING_INDEX_MASK | VRING_NO_FD)
  if (unknown !== 0n) throw new ProtocolViolation(name, `unknown bits 0x${unknown.toString(16)}`)
  const vring = session.vring(name, Number(value & VRING_INDEX_MASK))
  const given = message.fds.length > 0
  if (given === ((value & VRING_NO_FD) !== 0n)) {
    throw new ProtocolViolation(name, given ? 'a descriptor although it says none' : 'no descriptor')
  }
  return { name, vring, given }
}

/**
 * Takes the descriptor out of the message.
 * @throws ProtocolViolation it is something that waiting or writing could hang on, such as a file that somebody serves
 */
function takeFd(message: Message): OwnedFd | undefined {
  const [fd] = message.fds
  if (fd !== undefined && !isEvent(fd.fd)) {
    throw new ProtocolViolation(requestName(message.request), 'neither an eventfd nor a pipe')
  }
  message.fds[0] = undefined
  return fd
}

function mustBeStopped(name: string, vring: Vring): void {
  if (vring.running !== undefined) throw new ProtocolViolation(name, `queue ${vring.index} is running`)
}

function setAddresses(session: Session, message: Message): Vring {
  const name = 'SET_VRING_ADDR'
  const { payload } = message
  const vring = session.vring(name, payload.getUint32(0, true))
  const flags = payload.getUint32(4, true)
  if ((flags & ~VRING_LOG) !== 0) throw new ProtocolViolation(name, `unknown flags 0x${flags.toString(16)}`)
  const field = (what: string, offset: number, alignment: number) => {
    const address = safeNumber(name, what, payload, offset)
    if (address % alignment !== 0)
      throw new ProtocolViolation(name, `${what} ${address} is not at a multiple of ${alignment}`)
    return address
  }
  const addresses = {
    descriptors: field('the descriptor table', 8, 16),
    used: field('the used ring', 16, 4),
    available: field('the available ring', 24, 2),
    log: (flags & VRING_LOG) === 0 ? undefined : field('the log address', 32, 1),
  }
  const before = vring.addresses
  const same =
    before?.descriptors === addresses.descriptors &&
    before.used === addresses.used &&
    before.available === addresses.available
  // Logging is switched on and off while the queue runs.
  if (!same) mustBeStopped(name, vring)
  vring.addresses = addresses
  if (vring.size > 0 && vring.locate(session.table) === undefined) {
    vring.addresses = before
    throw new ProtocolViolation(name, `queue ${vring.index} is not in guest memory`)
  }
  return vring
}

/** Queues (vhost-user, "Ring states"). */
export const vringHandlers: readonly HandlerEntry[] = [
  [
    Request.SET_VRING_NUM,
    (session, message) => {
      const { name, vring, num } = state(session, message)
      mustBeStopped(name, vring)
      if (!isQueueSize(num) || num > session.device.maxQueueSize) {
        throw new ProtocolViolation(
          name,
          `${num} descriptors; a power of two up to ${session.device.maxQueueSize} can be`,
        )
      }
      vring.size = num
      return undefined
    },
  ],
  [
    Request.SET_VRING_ADDR,
    async (session, message) => {
      if (session.table.isEmpty)
        throw new ProtocolViolation('SET_VRING_ADDR', 'came before guest memory: is it shared (share=on)?')
      await session.logChanged([setAddresses(session, message)])
      return undefined
    },
  ],
  [
    Request.SET_VRING_BASE,
    (session, message) => {
      const { name, vring, num } = state(session, message)
      mustBeStopped(name, vring)
      if (num > MAX_BASE) throw new ProtocolViolation(name, `base ${num}`)
      vring.base = num
      return undefined
    },
  ],
  [
    Request.GET_VRING_BASE,
    async (session, message) => {
      const { vring } = state(session, message)
      await session.stop(vring, 'base')
      vring.halt()
      return { payload: vringState(vring.index, vring.base) }
    },
  ],
  [
    Request.SET_VRING_KICK,
    async (session, message) => {
      const { name, vring } = event(session, message)
      if (vring.size === 0 || vring.addresses === undefined) {
        throw new ProtocolViolation(name, `queue ${vring.index} has no size or no addresses`)
      }
      await session.stop(vring, 'pause')
      vring.halt()
      vring.kick = takeFd(message)
      vring.started = true
      await session.start(name, vring)
      return undefined
    },
  ],
  [
    Request.SET_VRING_CALL,
    (session, message) => {
      const { vring } = event(session, message)
      vring.call.set(takeFd(message))
      session.device.queueExpected?.(vring.index)
      return undefined
    },
  ],
  [
    Request.SET_VRING_ERR,
    (session, message) => {
      event(session, message).vring.error.set(takeFd(message))
      return undefined
    },
  ],
  [
    Request.SET_VRING_ENABLE,
    async (session, message) => {
      const { name, vring, num } = state(session, message)
      if ((session.features & VhostFeature.PROTOCOL_FEATURES) === 0n) {
        throw new ProtocolViolation(name, 'protocol features were not negotiated')
      }
      if (num > 1) throw new ProtocolViolation(name, `${num} is neither 0 nor 1`)
      vring.enabled = num === 1
      if (vring.enabled) await session.start(name, vring)
      else await session.stop(vring, 'pause')
      return undefined
    },
  ],
]
