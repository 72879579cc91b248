/**
 * Write a file system as a TypeScript object and serve it.
 *
 * {@link FileSystem} is the interface to implement: one method per operation, all optional, each answering
 * with its result or a promise of it. {@link Server} turns FUSE requests into calls of it and has no idea
 * where the requests come from: a transport feeds it (`@fb/transport-fusedev`, `@fb/transport-virtiofs`), or,
 * in a test, the client of `@fb/api/testing`.
 *
 * @packageDocumentation
 */

export type { Attr, AttrInit, Time } from './attr.js'
export { decodeDevice, encodeDevice, joinTime, makeAttr, splitTime, toNanoseconds } from './attr.js'
export type { ConnectionLimits, Negotiated } from './connection.js'
export { Connection, initFlagNames } from './connection.js'
export type { CallerProcess, Context, SecurityContext } from './context.js'
export type { DirectorySink } from './directory-sink.js'
export { Errno } from './errno.js'
export type * from './file-system.js'
export type { Logger } from './logger.js'
export { quietLogger } from './logger.js'
export { nameToBytes, nameToString } from './name.js'
export type { NotifierOptions, RetrievedData, SendNotification } from './notifier.js'
export { Notifier } from './notifier.js'
export type { Operation, OperationInfo, OperationMethod, OperationResult, Operations } from './operations.js'
export { LIFECYCLE, OPERATION_NAMES, OPERATIONS } from './operations.js'
export { isPromise, mapOutcome } from './outcome.js'
export type { ReadSink, WriteSource } from './request.js'
export type { ServerOptions } from './server.js'
export { Server } from './server.js'
export type { StatePieces } from './state.js'
export { MAX_STATE_PIECE, piecesOfText, StateError, textOfPieces } from './state.js'
export { seekByGetattr, statxByGetattr } from './substitutes.js'
export type { DataSource, ReplyBuffer, TransportRequest } from './transport.js'
export { MIN_REPLY_BUFFER } from './transport.js'
