import { check, close, EFD_NONBLOCK, eventfd } from '@fb/sys'
import { DriverQueue, type TestMemory } from '@fb/virtqueue/testing'
import { expect, test } from 'vitest'
import { encodeMessage, vringState } from '../src/message.js'
import { HeaderFlag, Request } from '../src/protocol.js'
import { memoryTable, type TestFrontEnd, vringAddresses } from '../src/testing/index.js'
import { cleanup, echo, guest, serve, session } from './support.js'

export const { VERSION, REPLY, NEED_REPLY } = HeaderFlag
export const NOTHING = new Uint8Array(0)

export interface Stage {
  readonly frontEnd: TestFrontEnd
  readonly ram: TestMemory
  readonly event: number
  readonly driver: DriverQueue
}

export interface Case {
  readonly name: string
  /** What the back end says of it. */
  readonly error: RegExp
  readonly act: (stage: Stage) => Promise<unknown>
  /** How far the session is: features only (default), running queues, or not even that. */
  readonly stage?: 'none' | 'negotiated' | 'running'
}

export function message(request: number, payload: Uint8Array = NOTHING, flags: number = VERSION) {
  return async ({ frontEnd }: Stage) => frontEnd.send(request, payload, { flags })
}

export function withFds(request: number, payload: Uint8Array, count: number) {
  return async ({ frontEnd, event }: Stage) =>
    frontEnd.send(request, payload, { fds: Array.from({ length: count }, () => event) })
}

export function header(request: number, flags: number, size: number): Uint8Array {
  const bytes = encodeMessage(request, flags, NOTHING)
  new DataView(bytes.buffer).setUint32(8, size, true)
  return bytes
}

export const region = { guestAddress: 0, size: 4096, userAddress: 0x1000, offset: 0 }
export const table = (...regions: (typeof region)[]) => memoryTable(regions)
export const user = (stage: Stage) => {
  const { descriptors, available, used } = stage.driver.addresses
  const at = (address: number) => stage.ram.userAddress(address)
  return { descriptors: at(descriptors), available: at(available), used: at(used) }
}
export const addresses =
  (change: (right: ReturnType<typeof user>) => Partial<ReturnType<typeof user>>, flags = 0, index = 1) =>
  async (stage: Stage) => {
    await stage.frontEnd.send(Request.SET_VRING_NUM, vringState(1, 16))
    const right = user(stage)
    await stage.frontEnd.send(
      Request.SET_VRING_ADDR,
      vringAddresses(index, { ...right, ...change(right) }, flags),
    )
  }

/** Each case ends the connection with its error, and the next front end is served. */
export function endsConnections(cases: readonly Case[]): void {
  test.each(cases)('$name', async ({ act, error, stage = 'negotiated' }) => {
    const served = serve()
    const event = check(eventfd(0, EFD_NONBLOCK), 'eventfd')
    cleanup(() => close(event))
    let actors: Stage
    if (stage === 'running') {
      actors = { ...(await session(served)), event }
    } else {
      const frontEnd = served.connect()
      const ram = guest()
      if (stage === 'negotiated') await frontEnd.negotiate()
      actors = { frontEnd, ram, event, driver: new DriverQueue(ram, 16) }
    }
    await act(actors)
    await served.ended(1)
    expect(served.ends[0]?.message).toMatch(error)
    const next = await session(served)
    expect(await echo(next.queue, next.ram, 'next')).toBe('next')
  })
}
