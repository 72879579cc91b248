import type { MessagePort } from 'node:worker_threads'
import type { Negotiated } from '@fb/api'

/** Key in `workerData` that holds the {@link WorkerSetup}. */
export const SETUP_KEY = 'fusedevWorker'

/** What a serving thread is started with. */
export interface WorkerSetup {
  /** Position among the threads, from 0. */
  readonly index: number
  /** Descriptor of the device for this thread. The main thread owns it. */
  readonly fd: number
  /** `fd` is a clone, whose file status flags are this thread's own. */
  readonly exclusive: boolean
  readonly negotiated: Negotiated
  /** With `allowRoot`: the user who may, besides root. */
  readonly owner: number | undefined
  /** Memory of the `LoopControl`. */
  readonly control: SharedArrayBuffer
  /** Memory of the `Activity` of all threads. */
  readonly activity: SharedArrayBuffer
  readonly port: MessagePort
  readonly spin: number
  /** CPU to bind the thread to. */
  readonly cpu: number | undefined
  /** What the embedder passes on. */
  readonly data: unknown
}

/** From a serving thread to the main thread. */
export type FromWorker =
  | { readonly kind: 'serving' }
  | { readonly kind: 'ended' }
  /** The loop has ended, and so has the server unless other threads go on with its file system. */
  | { readonly kind: 'closed' }
  /** An INTERRUPT for a request that this thread does not have. */
  | { readonly kind: 'interrupt'; readonly unique: bigint }
  | RetrievedMessage

/** From the main thread to a serving thread. */
export type ToWorker = { readonly kind: 'interrupt'; readonly unique: bigint } | RetrievedMessage

/** The answer to a `retrieve` of another thread. */
export interface RetrievedMessage {
  readonly kind: 'retrieved'
  readonly unique: bigint
  readonly offset: number
  readonly bytes: Uint8Array
}

/** Which notifier a `retrieve` belongs to: 0 is the main thread's, then the threads' in order. */
export function spaceOf(unique: bigint): number {
  return Number(unique >> 48n)
}

/** The `space` of a thread's notifier (see `NotifierOptions`). */
export function spaceOfWorker(index: number): number {
  return index + 1
}
