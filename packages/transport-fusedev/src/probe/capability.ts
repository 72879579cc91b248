/** Something that a machine offers or not, and why. */
export interface Capability {
  readonly available: boolean
  /** A sentence for people: how it is known, or what is missing and what to do about it. */
  readonly reason: string
}

/** Version of the protocol that the kernel speaks, and the `InitFlag` bits that it offers. */
export interface KernelProtocol {
  readonly major: number
  readonly minor: number
  readonly offered: bigint
}
