/** A promise that is settled from outside. Nobody needs to look at it: it is never unhandled. */
export class Deferred {
  readonly promise: Promise<void>
  resolve: () => void = () => {}
  reject: (reason: unknown) => void = () => {}

  constructor() {
    this.promise = new Promise<void>((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.promise.catch(() => {})
  }
}
