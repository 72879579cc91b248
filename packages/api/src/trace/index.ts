/**
 * See what a client asks and what the file system answers: {@link traceRequests}.
 *
 * @packageDocumentation
 */

export type { TraceOptions } from './trace-requests.js'
export { traceRequests } from './trace-requests.js'
