import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FuseEntryOut, Opcode } from '@fb/abi'
import type { Logger } from '@fb/api'
import { RequestBody } from '@fb/api/testing'
import { afterEach } from 'vitest'
import { serveVirtiofs, type VirtiofsDeviceOptions } from '../src/index.js'
import { type ConnectOptions, RingClient } from '../src/testing/index.js'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const end of cleanups.splice(0).reverse()) await end()
})

/** Runs when the test ends, last first. */
export function cleanup(action: () => unknown): void {
  cleanups.push(action)
}

/** A directory of the test. */
export function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'fb-virtiofs-'))
  cleanup(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** How many descriptors this process has. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

/** How many mappings of guest memory this process has, those of the guests included. */
export function guestMappings(): number {
  return readFileSync('/proc/self/maps', 'utf8').split('memfd:guest').length - 1
}

/** A file system at a socket. */
export interface Served {
  connect(requestQueues?: number, options?: ConnectOptions): Promise<RingClient>
  /** Waits until `count` connections have ended. */
  ended(count: number): Promise<void>
  /** What was logged as an error. */
  readonly errors: string[]
  /** What was logged as a warning. */
  readonly warnings: string[]
  /** Forgets what was logged so far. */
  forgetLog(): void
  /** Messages of the errors that were logged. */
  readonly reasons: string[]
  readonly path: string
}

export function serve(options: VirtiofsDeviceOptions): Served {
  const path = join(directory(), 'socket')
  const errors: string[] = []
  const warnings: string[] = []
  const reasons: string[] = []
  const logger: Logger = {
    error: (detail, message) => {
      errors.push(message)
      if ('err' in detail && detail.err instanceof Error) reasons.push(detail.err.message)
    },
    warn: (_detail, message) => warnings.push(message),
    info() {},
    debug() {},
  }
  let ends = 0
  let check = (): void => {}
  const server = serveVirtiofs({
    logger,
    ...options,
    socketPath: path,
    onDisconnected() {
      ends += 1
      check()
    },
  })
  cleanup(() => server.close())
  return {
    path,
    errors,
    warnings,
    forgetLog() {
      errors.length = 0
      warnings.length = 0
      reasons.length = 0
    },
    reasons,
    async connect(requestQueues, connectOptions) {
      const client = await RingClient.connect(path, requestQueues, connectOptions)
      cleanup(() => client.close())
      return client
    },
    ended: (count) =>
      new Promise((resolve) => {
        check = () => ends >= count && resolve()
        check()
      }),
  }
}

/** Decodes a struct at the start of a body. */
export function decode<T>(
  descriptor: { create(): T; decode(view: DataView, at: number, out: T): T },
  body: Uint8Array,
): T {
  return descriptor.decode(new DataView(body.buffer, body.byteOffset, body.length), 0, descriptor.create())
}

/** Looks a name up. Throws where that fails. */
export async function lookup(client: RingClient, name: string, parent = 1): Promise<number> {
  const { error, body } = await client.call(Opcode.LOOKUP, parent, new RequestBody().name(name))
  if (error !== 0) throw new Error(`LOOKUP ${name} was answered ${error}`)
  return decode(FuseEntryOut, body).nodeid
}
