import { readFileSync } from 'node:fs'

/** Whom some tests want to be, with a uid and gid that nobody has. */
const USERS = [
  ['fsgqa', 1_230_001],
  ['fsgqa2', 1_230_002],
  ['123456-fsgqa', 1_230_003],
] as const

/** This machine's users or groups, and those that the suite wants. */
export function withSuiteUsers(file: 'passwd' | 'group'): string {
  const known = readFileSync(`/etc/${file}`, 'utf8')
  const missing = USERS.filter(([name]) => !`\n${known}`.includes(`\n${name}:`))
  const line = ([name, id]: (typeof USERS)[number]): string =>
    file === 'passwd' ? `${name}:*:${id}:${id}::/tmp:/bin/bash\n` : `${name}:*:${id}:\n`
  return known + missing.map(line).join('')
}
