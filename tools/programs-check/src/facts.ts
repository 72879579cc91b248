/** Lines in which what came of a run on the mount differs from the disk, each with where it was: `-` disk, `+` mount. */
export function differing(disk: readonly string[], mount: readonly string[]): string[] {
  const count = (lines: readonly string[]): Map<string, number> => {
    const counts = new Map<string, number>()
    for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1)
    return counts
  }
  const [there, here] = [count(disk), count(mount)]
  const only = (
    lines: readonly string[],
    other: ReadonlyMap<string, number>,
    own: ReadonlyMap<string, number>,
  ) => lines.filter((line) => (own.get(line) ?? 0) > (other.get(line) ?? 0))
  const found = [
    ...only(disk, here, there).map((line) => `- ${line}`),
    ...only(mount, there, here).map((line) => `+ ${line}`),
  ]
  if (found.length === 0 && disk.join('\n') !== mount.join('\n')) found.push('* the same in another order')
  return found
}
