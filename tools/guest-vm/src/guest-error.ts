/** A guest that cannot be had, or that did not do as told. The message says why and what to do about it. */
export class GuestError extends Error {
  override readonly name = 'GuestError'
}
