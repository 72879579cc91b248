/**
 * Test a file system with no kernel, no root and no mount: {@link FuseClient} plays the kernel over a
 * {@link MemoryChannel}, a transport over plain memory that holds the server to every rule of the protocol.
 *
 * @packageDocumentation
 */

export { ChaosFileSystem } from './chaos-file-system.js'
export { ContractViolation } from './contract-violation.js'
export type { IoctlCall } from './device-client.js'
export type { ListOptions, PlusEntry } from './directory-client.js'
export type { FilePlace, OpenOptions, TransferOptions } from './file-client.js'
export type { ConnectOptions } from './fuse-client.js'
export { FuseClient } from './fuse-client.js'
export { FuseError } from './fuse-error.js'
export type { FuzzRound } from './fuzz.js'
export { CASES_PER_ROUND, FuzzFailure, fuzzRound } from './fuzz.js'
export type { EndedRequest } from './fuzz-oracle.js'
export { judge } from './fuzz-oracle.js'
export type { RequestHandler } from './memory-channel.js'
export { MemoryChannel } from './memory-channel.js'
export type { MemoryRequestOptions, RequestState } from './memory-request.js'
export { MemoryRequest, POISON } from './memory-request.js'
export type { NameLike } from './node-client.js'
export type { Notification } from './notification.js'
export { decodeNotification } from './notification.js'
export type { WalkEntry } from './path-client.js'
export { SeededRandom } from './random.js'
export { RequestBody } from './request-body.js'
export type { RequestHead } from './request-bytes.js'
export { encodeRequest } from './request-bytes.js'
export type { Agreement, Familiar, FamiliarHandle } from './request-generator.js'
export { RequestGenerator } from './request-generator.js'
export type { CallOptions, Identity, InitAnswer, InitOffer } from './wire-client.js'
