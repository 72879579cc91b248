import type { MessagePort } from 'node:worker_threads'
import type { MappingRange, MappingRequest, Negotiated } from '@fb/api'
import type { LogSetup, QueueSetup, StopReason } from '@fb/vhost-user'
import type { GuestRegion } from '@fb/virtqueue'
import type { ControlMessage } from '../control-request.js'
import type { SetAside } from '../queue-thread.js'

/** Key in `workerData` that holds the {@link WorkerSetup}. */
export const SETUP_KEY = 'virtiofsWorker'

/** What a serving thread is started with. */
export interface WorkerSetup {
  /** Position among the threads, from 0. */
  readonly index: number
  /** See `VirtiofsDeviceOptions.pollUs`. */
  readonly pollUs: number
  readonly port: MessagePort
}

/** What INIT has settled, and what the embedder passes on. */
export interface WorkerSession {
  readonly negotiated: Negotiated
  /** Whether files can be mapped into the DAX window. */
  readonly window: boolean
  readonly data: unknown
}

/** The main thread asks a serving thread. */
export type ToWorker =
  /** Serve a queue; `aside` are requests in it to be handed out again. */
  | { readonly kind: 'start'; readonly setup: QueueSetup; readonly aside: SetAside }
  /** Answered with the index at which the queue goes on. */
  | { readonly kind: 'stop'; readonly index: number; readonly reason: StopReason }
  /** Guest memory is another table. */
  | { readonly kind: 'memory'; readonly regions: readonly GuestRegion[] }
  /** Answered with what was set aside. */
  | { readonly kind: 'aside' }
  | { readonly kind: 'log'; readonly index: number; readonly log: LogSetup | undefined }
  | { readonly kind: 'begin'; readonly session: WorkerSession }
  /** End what began with `begin`. */
  | { readonly kind: 'end' }
  /** Answered with whether the request is there. */
  | { readonly kind: 'interrupt'; readonly unique: bigint }

/** A serving thread asks the main thread. */
export type FromWorker =
  /** Answered with the reply. */
  | { readonly kind: 'control'; readonly message: ControlMessage }
  | { readonly kind: 'broken'; readonly index: number; readonly reason: string }
  /** Answered with 0 or `-errno`. */
  | { readonly kind: 'map'; readonly fd: number; readonly request: MappingRequest }
  | { readonly kind: 'unmap'; readonly ranges: readonly MappingRange[] }
