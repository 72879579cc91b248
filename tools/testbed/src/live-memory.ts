import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

let collect: (() => void) | undefined

/** Has everything collected that nobody refers to. */
function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  collect()
  // What the first one finalizes goes with the second.
  collect()
}

/**
 * Bytes that this thread's objects and their buffers take when everything has been collected that can be: what remains is
 * referred to by somebody. Takes some ten milliseconds.
 */
export function liveMemory(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
