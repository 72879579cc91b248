import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DriverQueue, type DriverQueueOptions, TestMemory, type TestRegion } from '@fb/virtqueue/testing'
import { afterEach } from 'vitest'
import { type ServerOptions, VhostUserServer } from '../src/index.js'
import { EchoDevice, TestFrontEnd, type TestQueue } from '../src/testing/index.js'

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
  const path = mkdtempSync(join(tmpdir(), 'fb-vhost-'))
  cleanup(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** How many descriptors this process has, those of the event loop included. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

/** How many mappings of guest memory this process has. */
export function guestMappings(): number {
  return readFileSync('/proc/self/maps', 'utf8').split('memfd:').length - 1
}

/** A server, and what it has seen of connections. */
export interface Served {
  readonly server: VhostUserServer
  readonly device: EchoDevice
  readonly path: string
  /** Why connections ended, `undefined` for those that simply did. */
  readonly ends: (Error | undefined)[]
  connect(): TestFrontEnd
  /** Waits until `count` connections have ended. */
  ended(count: number): Promise<void>
}

export function serve(device = new EchoDevice(), options: Partial<ServerOptions> = {}): Served {
  const path = join(directory(), 'socket')
  const ends: (Error | undefined)[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const server = new VhostUserServer({
    ...options,
    device,
    path,
    onDisconnected(error) {
      ends.push(error)
      for (const one of waiting.splice(0)) {
        if (ends.length >= one.count) one.resolve()
        else waiting.push(one)
      }
    },
  })
  server.listen()
  cleanup(() => server.close())
  return {
    server,
    device,
    path,
    ends,
    connect() {
      const frontEnd = TestFrontEnd.connect(path)
      cleanup(() => frontEnd.close())
      return frontEnd
    },
    ended: (count) =>
      ends.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve })),
  }
}

/** Guest memory of the test. */
export function guest(regions?: TestRegion[]): TestMemory {
  const ram = new TestMemory(regions)
  cleanup(() => ram.close())
  return ram
}

/** A session with one queue that runs. */
export async function session(
  served: Served,
  options: DriverQueueOptions & { size?: number; ram?: TestMemory; features?: bigint } = {},
): Promise<{ frontEnd: TestFrontEnd; ram: TestMemory; driver: DriverQueue; queue: TestQueue }> {
  const ram = options.ram ?? guest()
  const frontEnd = served.connect()
  await frontEnd.negotiate(options.features)
  await frontEnd.setMemory(ram)
  const driver = new DriverQueue(ram, options.size ?? 16, { eventIndex: true, indirect: true, ...options })
  const queue = await frontEnd.startQueue(0, driver)
  cleanup(() => queue.close())
  return { frontEnd, ram, driver, queue }
}

/** Posts a text and returns what comes back for it. */
export async function echo(queue: TestQueue, ram: TestMemory, text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text)
  const to = { address: ram.allocate(bytes.length, 1), length: bytes.length }
  const from = { address: ram.allocate(bytes.length, 1), length: bytes.length }
  ram.bytes(to.address, to.length).set(bytes)
  queue.post([to], [from])
  const { length } = await queue.take()
  return new TextDecoder().decode(ram.bytes(from.address, length))
}
