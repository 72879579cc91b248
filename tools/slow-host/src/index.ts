/**
 * A source that hangs, or is slow, in a process of its own.
 *
 * @packageDocumentation
 */

export { SlowHost } from './slow-host.js'
