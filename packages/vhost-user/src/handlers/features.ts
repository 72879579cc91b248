import { ProtocolViolation } from '../errors.js'
import { u64 } from '../message.js'
import { ProtocolFeature, protocolFeatureNames, Request, VhostFeature } from '../protocol.js'
import type { HandlerEntry } from './handler.js'

/** Protocol features without which another makes no sense. */
const NEEDED: readonly (readonly [feature: bigint, needs: bigint])[] = [
  [ProtocolFeature.BACKEND_SEND_FD, ProtocolFeature.BACKEND_REQ],
]

/** Features and protocol features (vhost-user, "Communication"). */
export const featureHandlers: readonly HandlerEntry[] = [
  [Request.GET_FEATURES, (session) => ({ payload: u64(session.offeredFeatures) })],
  [
    Request.SET_FEATURES,
    async (session, { payload }) => {
      const features = payload.getBigUint64(0, true)
      const unknown = features & ~session.offeredFeatures
      if (unknown !== 0n)
        throw new ProtocolViolation('SET_FEATURES', `features 0x${unknown.toString(16)} were not offered`)
      const changed = session.features ^ features
      if (session.running && (changed & ~VhostFeature.LOG_ALL) !== 0n) {
        throw new ProtocolViolation('SET_FEATURES', 'changes features of queues that run')
      }
      session.features = features
      session.configured = true
      session.device.acknowledged?.(features & ~(VhostFeature.LOG_ALL | VhostFeature.PROTOCOL_FEATURES))
      if ((changed & VhostFeature.LOG_ALL) !== 0n) await session.logChanged()
      // Without protocol features there is no SET_VRING_ENABLE.
      if ((features & VhostFeature.PROTOCOL_FEATURES) === 0n) {
        for (const vring of session.vrings) {
          vring.enabled = true
          await session.start('SET_FEATURES', vring)
        }
      }
      return undefined
    },
  ],
  [Request.GET_PROTOCOL_FEATURES, (session) => ({ payload: u64(session.offeredProtocolFeatures) })],
  [
    Request.SET_PROTOCOL_FEATURES,
    (session, { payload }) => {
      const features = payload.getBigUint64(0, true)
      const unknown = features & ~session.offeredProtocolFeatures
      if (unknown !== 0n) {
        const names = protocolFeatureNames(unknown).join(', ')
        throw new ProtocolViolation('SET_PROTOCOL_FEATURES', `${names} were not offered`)
      }
      for (const [feature, needs] of NEEDED) {
        if ((features & feature) !== 0n && (features & needs) !== needs) {
          const [names, missing] = [protocolFeatureNames(feature), protocolFeatureNames(needs & ~features)]
          throw new ProtocolViolation('SET_PROTOCOL_FEATURES', `${names.join()} without ${missing.join()}`)
        }
      }
      session.protocolFeatures = features
      return undefined
    },
  ],
  // The socket is the session: it has an owner from the start.
  [Request.SET_OWNER, () => undefined],
  [
    Request.RESET_OWNER,
    async (session) => {
      for (const vring of session.vrings) vring.enabled = false
      await session.stopAll('reset')
      return undefined
    },
  ],
  [Request.GET_QUEUE_NUM, (session) => ({ payload: u64(BigInt(session.vrings.length)) })],
]
