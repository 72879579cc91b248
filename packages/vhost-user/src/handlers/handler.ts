import type { MaybePromise } from '../device.js'
import type { Message, Reply } from '../message.js'
import type { Session } from '../session.js'

/**
 * Does what a message says, whose size, descriptors and features have been checked. Answers with a reply where the
 * message has one of its own; otherwise success is acknowledged where the front end asks for it.
 */
export type Handler = (session: Session, message: Message) => MaybePromise<Reply | undefined>

/** A handler and the request that it is for. */
export type HandlerEntry = readonly [request: number, handler: Handler]
