import { FuseInHeader } from '@fb/abi'
import { Errno, type Server } from '@fb/api'
import { gettid, POLLIN, poll, SysError } from '@fb/sys'
import { type FuseChannel, isEnd } from '../device/fuse-channel.js'
import type { Activity } from './activity.js'
import { EventLoop } from './event-loop.js'
import type { LoopControl } from './loop-control.js'

const EINTR = -Errno.EINTR.errno
const EAGAIN = -Errno.EAGAIN.errno
const UNIQUE = FuseInHeader.offsets.uniqueLow

/** Turns of the microtask queue after which a promise counts as one that really waits for something. */
const MICROTASKS = 8

/** Options of {@link serveBlocking}. */
export interface BlockingOptions {
  /**
   * Reads that find nothing before the thread goes to sleep. Saves the wake-up where the client is on another CPU, and
   * costs this one meanwhile. Default 0.
   */
  readonly spin?: number
  /**
   * Told of each request.
   * @internal
   */
  readonly activity?: Activity
}

/** Why {@link serveBlocking} returned; `retired`: others go on with the same file system. */
export type BlockingEnd = 'ended' | 'stopped' | 'retired'

/**
 * Serves a channel on a thread that has nothing else to do: it waits in the read itself, which saves the event loop's
 * system calls. While promises of the file system are pending it serves on the event loop, so that they can settle, and
 * then blocks again. The server must know what INIT has settled (`ServerOptions.negotiated`).
 *
 * Resolves when the connection has ended, or `control` asks to stop or to retire. Throws what stops serving otherwise. Timers and
 * descriptors of the thread rest while no request waits for a promise.
 */
export async function serveBlocking(
  channel: FuseChannel,
  server: Server,
  control: LoopControl,
  options: BlockingOptions = {},
): Promise<BlockingEnd> {
  if (server.negotiated === undefined)
    throw new TypeError('serveBlocking needs a server that has been negotiated')
  const loop = new BlockingLoop(channel, server, control, options)
  control.begin(gettid())
  try {
    return await loop.run()
  } finally {
    control.finish()
  }
}

class BlockingLoop {
  readonly #channel: FuseChannel
  readonly #server: Server
  readonly #control: LoopControl
  readonly #spin: number
  readonly #activity: Activity | undefined
  /** Waiting in the read wakes one thread per request; poll(2), for a descriptor that others share, wakes all. */
  readonly #readWaits: boolean
  readonly #poll: Int32Array

  constructor(
    channel: FuseChannel,
    server: Server,
    control: LoopControl,
    { spin = 0, activity }: BlockingOptions,
  ) {
    this.#channel = channel
    this.#server = server
    this.#control = control
    this.#spin = spin
    this.#activity = activity
    this.#readWaits = channel.exclusive && spin === 0
    this.#poll = Int32Array.of(channel.fd, POLLIN, 0)
  }

  async run(): Promise<BlockingEnd> {
    for (;;) {
      if (this.#control.stopRequested) return 'stopped'
      if (this.#control.retireRequested && this.#channel.busy === 0) return 'retired'
      if (this.#control.commanded) {
        this.#control.attended()
        this.#control.declineToRetire()
        await turn()
      } else if (this.#channel.busy > 0) {
        if (await this.#whileBusy()) return 'ended'
      } else {
        this.#channel.setBlocking(this.#readWaits)
        const ended = this.#block()
        this.#control.enterEventLoop()
        if (ended) return 'ended'
      }
    }
  }

  /** Serves until the event loop is needed, or something is asked. True where the connection has ended. */
  #block(): boolean {
    let empty = 0
    this.#control.enterBlocking()
    while (!this.#control.commanded) {
      const result = this.#channel.receive()
      if (result >= 0) {
        empty = 0
        this.#handle()
        this.#control.enterBlocking()
        if (this.#channel.busy > 0) return false
      } else if (result === EAGAIN) {
        if (empty < this.#spin) empty += 1
        else this.#sleep()
      } else if (isEnd(result)) {
        return true
      } else if (result !== EINTR) {
        throw new SysError(result, 'read /dev/fuse')
      }
    }
    return false
  }

  #handle(): void {
    const { request } = this.#channel
    this.#control.enterRequest(request.view.getInt32(UNIQUE, true), request.view.getInt32(UNIQUE + 4, true))
    this.#activity?.note()
    this.#server.handle(request)
  }

  /** Until there is a request, the connection has ended, or a signal comes: the read that follows tells. */
  #sleep(): void {
    poll(this.#poll, 1, -1)
  }

  /** Serves on the event loop until nothing is pending, or something is asked. True where the connection has ended. */
  async #whileBusy(): Promise<boolean> {
    for (let count = 0; count < MICROTASKS && this.#channel.busy > 0; count += 1) await undefined
    if (this.#channel.busy === 0) return false
    let loop: EventLoop | undefined
    try {
      return await new Promise<boolean>((resolve, reject) => {
        this.#channel.onIdle = () => resolve(false)
        this.#control.onCommand(() => resolve(false))
        loop = new EventLoop(this.#channel, {
          dispatch: () => {
            this.#handle()
            this.#control.enterEventLoop()
          },
          onEnd: () => resolve(true),
          onError: reject,
        })
      })
    } finally {
      loop?.stop()
      this.#control.onCommand(undefined)
      this.#channel.onIdle = undefined
    }
  }
}

/** One turn of the event loop: what other threads have posted is delivered. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
