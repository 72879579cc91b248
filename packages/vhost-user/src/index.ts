/**
 * The back-end side of the vhost-user protocol: a device in this process, for virtual machines whose monitors connect to
 * a Unix socket and share their memory and queues.
 *
 * Knows no device. Neither the front end nor the guest is trusted: no message, descriptor or byte of memory crashes the
 * process, hangs it, leaks a descriptor or takes memory without bound.
 *
 * @packageDocumentation
 */
export { type ConnectionOptions, VhostUserConnection } from './connection.js'
export type {
  LogSetup,
  MaybePromise,
  QueueSetup,
  SharedArea,
  StopReason,
  VhostUserDevice,
} from './device.js'
export { ProtocolViolation, Refusal } from './errors.js'
export type { FrontEnd, SharedMapping } from './front-end-channel.js'
export type { Logger } from './logger.js'
export { LoopQueue, type LoopQueueHandlers, type LoopQueueOptions } from './loop-queue.js'
export { type OpenQueue, openQueue } from './open-queue.js'
export { PollBudget } from './poll-budget.js'
export {
  BackendRequest,
  ProtocolFeature,
  protocolFeatureNames,
  Request,
  requestName,
  VhostFeature,
} from './protocol.js'
export { type ServerOptions, VhostUserServer } from './server.js'
