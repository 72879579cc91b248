import type { MessagePort } from 'node:worker_threads'

/** What goes over the port: a question, or the answer to one. */
type Envelope<Question> =
  | { readonly id: number; readonly ask: Question }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string }

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** One end of a port over which two threads ask each other: every question has one answer, in any order. */
export class PortPeer<Asked, Asking> {
  readonly #port: MessagePort
  readonly #waiting = new Map<number, Waiting>()
  #last = 0
  #failed: Error | undefined

  /** @param answer - answers what the other side asks; what it throws or rejects with is its answer too */
  constructor(port: MessagePort, answer: (question: Asked) => unknown) {
    this.#port = port
    port.on('message', (message: Envelope<Asked>) => {
      if ('ask' in message) void this.#answer(message.id, message.ask, answer)
      else this.#take(message)
    })
  }

  /**
   * Asks the other side.
   * @returns what it answers, which is as much its word as the types of both sides agree
   */
  ask(question: Asking): Promise<unknown> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed)
    this.#last += 1
    const id = this.#last
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#port.postMessage({ id, ask: question } satisfies Envelope<Asking>)
    })
  }

  /** The other side is gone: nobody answers any more. Idempotent. */
  fail(error: Error): void {
    this.#failed ??= error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
    this.#port.close()
  }

  #take(message: Exclude<Envelope<Asked>, { ask: unknown }>): void {
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if ('error' in message) waiting?.reject(new Error(message.error))
    else waiting?.resolve(message.value)
  }

  async #answer(id: number, question: Asked, answer: (question: Asked) => unknown): Promise<void> {
    let reply: Envelope<Asking>
    try {
      reply = { id, value: await answer(question) }
    } catch (error) {
      reply = { id, error: error instanceof Error ? error.message : String(error) }
    }
    this.#port.postMessage(reply)
  }
}
