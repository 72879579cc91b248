/**
 * The front-end side of vhost-user, for tests: sends any message, builds sessions, drives queues; and the simplest device.
 *
 * @packageDocumentation
 */
export { type BackEndRequest, BackEndRequests } from './back-end-requests.js'
export { EchoDevice } from './echo-device.js'
export { memoryTable, oneRegion, type SendOptions, TestFrontEnd, vringAddresses } from './front-end.js'
export { type GeneratedMessage, MessageGenerator, type MessageParts } from './message-generator.js'
export { scribble } from './scribble.js'
export { StatePipe } from './state-pipe.js'
export { TestQueue } from './test-queue.js'
