/** Says on standard error what takes time or changes the cache. */
export function note(text: string): void {
  process.stderr.write(`guest-vm: ${text}\n`)
}
