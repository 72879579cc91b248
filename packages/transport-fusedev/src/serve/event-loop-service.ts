import type { Negotiated, Server } from '@fb/api'
import type { FuseChannel } from '../device/fuse-channel.js'
import { Dispatcher } from './dispatch.js'
import { EventLoop } from './event-loop.js'
import type { Service } from './service.js'

/** Serves a connection on the event loop of this thread. */
export class EventLoopService implements Service {
  readonly ended: Promise<void>
  readonly #server: Server
  readonly #channel: FuseChannel
  #loop: EventLoop | undefined

  constructor(channel: FuseChannel, server: Server, onNegotiated: (negotiated: Negotiated) => void) {
    this.#channel = channel
    this.#server = server
    this.ended = new Promise((resolve, reject) => {
      const dispatcher = new Dispatcher(channel, server, onNegotiated)
      this.#loop = new EventLoop(channel, {
        dispatch: () => dispatcher.dispatch(),
        onEnd: resolve,
        onError: (error) => reject(dispatcher.explain(error)),
      })
      this.#loop.readSoon()
    })
  }

  async close(): Promise<void> {
    this.stopNow()
    try {
      await this.#server.close()
    } finally {
      this.#channel.close()
    }
  }

  stopNow(): void {
    this.#loop?.stop()
  }
}
