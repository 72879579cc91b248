import { DeviceStateTransfer, isStream, PHASE_STOPPED, TransferDirection } from '../device-state.js'
import { ProtocolViolation, Refusal } from '../errors.js'
import { FrontEndChannel } from '../front-end-channel.js'
import { type Message, safeNumber, u64 } from '../message.js'
import { Request, requestName, SHMEM_REGIONS, STATE_NO_FD } from '../protocol.js'
import { CONFIG_HEADER_BYTES } from '../rules.js'
import type { HandlerEntry } from './handler.js'

/** The payload of a reply that says no. */
const FAILED = 1n
/** In `flags` of SET_CONFIG: the destination of a migration writes. */
const CONFIG_MIGRATION = 1

/** "Virtio device config space": offset, size, flags, contents. */
function configAccess({ request, payload }: Message): { offset: number; size: number; flags: number } {
  const offset = payload.getUint32(0, true)
  const size = payload.getUint32(4, true)
  const flags = payload.getUint32(8, true)
  if (payload.byteLength !== CONFIG_HEADER_BYTES + size) {
    throw new ProtocolViolation(
      requestName(request),
      `${payload.byteLength} bytes of payload for ${size} of contents`,
    )
  }
  return { offset, size, flags }
}

/** The device itself: configuration space, status, reset, state, and its own requests. */
export const deviceHandlers: readonly HandlerEntry[] = [
  [
    Request.GET_CONFIG,
    (session, message) => {
      const { offset, size } = configAccess(message)
      const contents = session.device.getConfig?.(offset, size)
      // No payload at all says that there is no such part.
      if (contents === undefined || contents.length !== size) return { payload: new Uint8Array(0) }
      const payload = new Uint8Array(CONFIG_HEADER_BYTES + size)
      const { buffer, byteOffset, byteLength } = message.payload
      payload.set(new Uint8Array(buffer, byteOffset, byteLength).subarray(0, CONFIG_HEADER_BYTES))
      payload.set(contents, CONFIG_HEADER_BYTES)
      return { payload }
    },
  ],
  [
    Request.SET_CONFIG,
    (session, message) => {
      const { offset, size, flags } = configAccess(message)
      if (flags > CONFIG_MIGRATION) throw new ProtocolViolation('SET_CONFIG', `flags ${flags}`)
      const { buffer, byteOffset } = message.payload
      const bytes = new Uint8Array(buffer, byteOffset + CONFIG_HEADER_BYTES, size)
      if (session.device.setConfig?.(offset, bytes, flags === CONFIG_MIGRATION) !== true) {
        throw new Refusal('SET_CONFIG', 'the configuration space is read-only there', true)
      }
      return undefined
    },
  ],
  [
    Request.RESET_DEVICE,
    async (session) => {
      for (const vring of session.vrings) vring.enabled = false
      await session.stopAll('reset')
      await session.endTransfer()
      await session.device.reset?.()
      return undefined
    },
  ],
  [
    Request.SET_STATUS,
    async (session, message) => {
      const status = safeNumber('SET_STATUS', 'the status', message.payload, 0)
      if (status > 0xff) throw new ProtocolViolation('SET_STATUS', `status ${status}`)
      session.status = status
      await session.device.statusChanged?.(status)
      return undefined
    },
  ],
  [Request.GET_STATUS, (session) => ({ payload: u64(BigInt(session.status)) })],
  [
    Request.SET_DEVICE_STATE_FD,
    async (session, message) => {
      const direction = message.payload.getUint32(0, true)
      const phase = message.payload.getUint32(4, true)
      const [fd] = message.fds
      const known = direction === TransferDirection.SAVE || direction === TransferDirection.LOAD
      const isPossible = known && phase === PHASE_STOPPED && !session.running
      if (fd === undefined || !isPossible || !isStream(fd.fd)) {
        session.logger.warn(
          { direction, phase, running: session.running },
          isPossible
            ? 'a transfer of device state was refused: neither a pipe nor a socket'
            : 'a transfer of device state was refused',
        )
        return { payload: u64(STATE_NO_FD | FAILED) }
      }
      await session.transfer?.done
      message.fds[0] = undefined
      session.transfer = new DeviceStateTransfer(session.device, direction, fd, session.logger)
      return { payload: u64(STATE_NO_FD) }
    },
  ],
  [
    Request.CHECK_DEVICE_STATE,
    async (session) => {
      const good = (await session.transfer?.done) === true
      session.transfer = undefined
      return { payload: u64(good ? 0n : FAILED) }
    },
  ],
  [
    Request.GET_SHMEM_CONFIG,
    (session) => {
      const sizes = session.device.sharedMemory ?? []
      const payload = new Uint8Array(8 + 8 * SHMEM_REGIONS)
      const view = new DataView(payload.buffer)
      view.setUint32(0, sizes.filter((size) => size > 0).length, true)
      sizes.forEach((size, shmid) => {
        view.setBigUint64(8 + 8 * shmid, BigInt(size), true)
      })
      return { payload }
    },
  ],
  [
    Request.SET_BACKEND_REQ_FD,
    (session, message) => {
      const [fd] = message.fds
      if (fd === undefined) throw new Error('the descriptor was taken before')
      message.fds[0] = undefined
      session.channel?.close()
      session.channel = new FrontEndChannel(fd.release(), session.protocolFeatures)
      session.device.frontEndReachable?.(session.channel)
      return undefined
    },
  ],
]
