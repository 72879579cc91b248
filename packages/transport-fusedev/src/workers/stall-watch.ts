import type { Activity } from '../serve/activity.js'
import type { LoopControl } from '../serve/loop-control.js'

/** Between two looks at the threads. */
const LOOK_MS = 50
/** Looks in a row at which a thread was not needed, before it goes. */
const CALM_LOOKS = 100

/** What a {@link StallWatch} looks at and acts on. */
export interface WatchedThreads {
  /** Every thread that serves or is about to. */
  readonly controls: () => readonly LoopControl[]
  /** How many shall be there to take requests. */
  readonly wanted: number
  /** No thread takes requests: each has been in the middle of one for a while. */
  readonly onStall: () => void
  /** One of these is not needed any more. */
  readonly onSurplus: (free: readonly LoopControl[]) => void
}

/**
 * Notices when every thread that serves is held up in a system call, so that nobody takes requests. It looks at the threads
 * a few times a second while they work, and not at all while nothing happens.
 */
export class StallWatch {
  readonly #activity: Activity
  readonly #threads: WatchedThreads
  /** What each thread was doing at the last look. */
  #before = new Map<LoopControl, number | undefined>()
  #calm = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(activity: Activity, threads: WatchedThreads) {
    this.#activity = activity
    this.#threads = threads
    void this.#wait()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    // Lets go of what waits.
    this.#activity.note()
  }

  async #wait(): Promise<void> {
    await this.#activity.next()
    if (!this.#stopped) this.#lookLater()
  }

  #lookLater(): void {
    this.#timer = setTimeout(() => this.#look(), LOOK_MS).unref()
  }

  #look(): void {
    const controls = this.#threads.controls()
    const now = new Map(controls.map((control) => [control, control.request]))
    const free = controls.filter((control) => {
      const request = now.get(control)
      return request === undefined || request !== this.#before.get(control)
    })
    const moved = controls.some((control) => now.get(control) !== this.#before.get(control))
    this.#before = now
    if (controls.length > 0 && free.length === 0) this.#threads.onStall()
    this.#shed(free)
    if (moved || free.length < controls.length || controls.length > this.#threads.wanted) this.#lookLater()
    else this.#rest()
  }

  #shed(free: readonly LoopControl[]): void {
    this.#calm = free.length > this.#threads.wanted ? this.#calm + 1 : 0
    if (this.#calm >= CALM_LOOKS) this.#threads.onSurplus(free)
  }

  #rest(): void {
    this.#activity.rest()
    // Whoever began a request before that has not told of it.
    if (this.#threads.controls().some((control) => control.request !== undefined)) this.#lookLater()
    else void this.#wait()
  }
}
