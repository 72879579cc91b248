import { type FileSystem, type Logger, type Negotiated, StateError } from '@fb/api'
import type { SetAside } from '../queue-thread.js'
import { decodeDeviceHeader, encodeDeviceHeader } from './device-header.js'
import { StateInput } from './state-input.js'
import { StateOutput } from './state-output.js'

/** A session that goes on, or is to. */
export interface OpenSession {
  readonly fs: FileSystem
  readonly negotiated: Negotiated
}

/** What the state is made of, and what is made of it. */
export interface StateHost {
  readonly logger: Logger
  /** The session of a guest, where there is one. */
  session(): OpenSession | undefined
  /** Requests that wait for a lock. */
  aside(): Promise<SetAside>
  /** Why what the guest has cannot be taken along; `undefined` where it can. */
  obstacle(): string | undefined
  /** Makes the file system that is to go on. */
  createFileSystem(): FileSystem
  /** Ends the session. Never rejects. */
  end(): Promise<void>
  /** Goes on with a session. Rejects where that is not possible; there is none then. */
  continue(session: OpenSession, aside: SetAside): Promise<void>
}

/** Saves the state of a device, with all that its file system knows, and loads it. No queue runs meanwhile. */
export class DeviceState {
  readonly #host: StateHost
  /** The file system whose state was saved, until it is clear whether it is still needed. */
  #saved: FileSystem | undefined

  constructor(host: StateHost) {
    this.#host = host
  }

  /** Writes the state to a pipe. Rejects with a StateError that says why it cannot be had, or where the pipe fails. */
  async save(fd: number, signal: AbortSignal): Promise<void> {
    const obstacle = this.#host.obstacle()
    if (obstacle !== undefined) throw new StateError(obstacle)
    const { fs, negotiated } = this.#host.session() ?? {}
    if (fs !== undefined && fs.saveState === undefined) {
      throw new StateError('the file system has no state to be taken along: it has no saveState')
    }
    const output = new StateOutput(fd, signal)
    await output.begin()
    const setAside = await this.#host.aside()
    await output.piece(encodeDeviceHeader({ session: negotiated ?? null, setAside }))
    if (fs?.saveState !== undefined) {
      for await (const piece of fs.saveState()) await output.piece(piece)
      // It has let go of what only one can have.
      this.#saved = fs
    }
    await output.end()
  }

  /** A queue starts: if the state was saved, nobody has taken over. */
  async resume(): Promise<void> {
    const fs = this.#saved
    this.#saved = undefined
    try {
      await fs?.resume?.()
    } catch (error) {
      this.#host.logger.error(
        { err: error },
        'the guest goes on here after all, and has lost what was let go of for the other side',
      )
    }
  }

  /** The session ends. */
  forget(): void {
    this.#saved = undefined
  }

  /**
   * Goes on with the state in a pipe; what was here before ends. Rejects with a StateError for what is none, or cannot be
   * gone on with; then no guest is known.
   */
  async load(fd: number, signal: AbortSignal): Promise<void> {
    const input = new StateInput(fd, signal)
    await this.#host.end()
    await input.begin()
    const first = await input.piece()
    if (first === undefined) throw new StateError('the state is empty')
    const { session, setAside } = decodeDeviceHeader(first)
    if (session === null) {
      if ((await input.piece()) !== undefined)
        throw new StateError('the state goes on where no guest is known')
      return
    }
    const fs = this.#host.createFileSystem()
    if (fs.restoreState === undefined) {
      throw new StateError('the file system cannot go on for another one: it has no restoreState')
    }
    const lost = await fs.restoreState(input.pieces())
    try {
      if ((await input.piece()) !== undefined)
        throw new StateError('the file system has not taken all of its state')
    } catch (error) {
      await fs.destroy?.()
      throw error
    }
    for (const line of lost)
      this.#host.logger.warn({ lost: line }, 'the guest has lost something by the change')
    await this.#host.continue({ fs, negotiated: session }, setAside)
    this.#host.logger.info({ lost: lost.length }, 'a guest that another process served goes on here')
  }
}
