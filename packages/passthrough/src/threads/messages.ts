import type { ReadSink, WriteSource } from '@fb/api'
import type { PassthroughShare } from '../share.js'

/** Bytes of a READ or WRITE that fit into the memory of a thread. */
export const DATA_BYTES = 4 * 1024 * 1024

/** What a host thread is started with. */
export interface HostThreadSetup {
  /** For the data of the call that it is at. */
  readonly data: SharedArrayBuffer
}

/** To a host thread. */
export type ToHostThread =
  | { readonly kind: 'attach'; readonly fs: number; readonly share: PassthroughShare }
  | { readonly kind: 'detach'; readonly fs: number }
  | { readonly kind: 'call'; readonly id: number; readonly fs: number; readonly call: HostCall }
  | { readonly kind: 'interrupt'; readonly id: number }

/** An operation: its arguments, but without what belongs to the thread that asks. */
export interface HostCall {
  readonly method: string
  readonly args: readonly unknown[]
  /** Where the context stands among the arguments, and what it says; absent for methods without one. */
  readonly context?: { readonly at: number; readonly value: object }
  /** In the place of a sink or a source: its numbers. */
  readonly io?: HostIo
}

/** In the place of a method: `forget` of many nodes, {@link Forgotten}. */
export const FORGET_MANY = 'forget many'
/** Nodes, and how many lookups of each. */
export type Forgotten = readonly (readonly [node: number, count: number])[]

/** What a sink says of the request. */
export type SinkNumbers = Pick<ReadSink, 'flags' | 'lockOwner'>
/** What a source says of the request. */
export type SourceNumbers = Pick<WriteSource, 'flags' | 'writeFlags' | 'lockOwner'>

/** The sink or source of an operation. */
export type HostIo =
  | { readonly kind: 'read'; readonly at: number; readonly size: number; readonly value: SinkNumbers }
  | { readonly kind: 'write'; readonly at: number; readonly size: number; readonly value: SourceNumbers }
  | { readonly kind: 'list'; readonly at: number; readonly size: number }

/** From a host thread. */
export type FromHostThread =
  | { readonly kind: 'ready'; readonly thread: number }
  /** The call waits for something else than the host; the thread takes others. */
  | { readonly kind: 'waits'; readonly id: number }
  | { readonly kind: 'done'; readonly id: number; readonly answer: HostAnswer; readonly waited: boolean }

/** What an operation gave: a value, an errno (positive), or a defect. */
export type HostAnswer =
  | { readonly value: unknown; readonly entries?: readonly HostEntry[] }
  | { readonly errno: number }
  | { readonly defect: Error }

/** An entry of a directory: the arguments of `add` or `addPlus`. */
export type HostEntry =
  | { readonly kind: 'add'; readonly args: readonly [Uint8Array, number | bigint, number, bigint] }
  | { readonly kind: 'plus'; readonly args: readonly [Uint8Array, object, bigint] }
