import { readFileSync } from 'node:fs'

/** A field as the C compiler measured it. */
interface MeasuredField {
  readonly type: string
  readonly offset: number
  readonly size: number
}

/** The protocol as the C compiler measured it. */
export interface Measured {
  readonly version: { readonly major: number; readonly minor: number }
  readonly constants: Readonly<Record<string, string>>
  readonly structs: Readonly<
    Record<string, { readonly size: number; readonly fields: Readonly<Record<string, MeasuredField>> }>
  >
}

/** FUSE 7.45, measured with sizeof and offsetof. */
export const measured = JSON.parse(
  readFileSync(new URL('./fixtures/fuse-7.45.json', import.meta.url), 'utf8'),
) as Measured
