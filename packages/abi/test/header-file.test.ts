import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cNames, structs } from '../src/index.js'

/*
 * The header of this machine may be older than the protocol described here, so only what both know is compared.
 * Values that later versions changed are none: the protocol only grows.
 */
const header = '/usr/include/linux/fuse.h'

function whyNot(): string | undefined {
  if (!existsSync(header)) return `${header} is not installed`
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'there is no C compiler `cc`'
  }
}

function fieldsOf(text: string, cName: string): ReadonlySet<string> | undefined {
  const body = new RegExp(`struct ${cName} \\{([^}]*)\\}`).exec(text)?.[1]
  if (body === undefined) return undefined
  const bare = body.replace(/\/\*[\s\S]*?\*\//g, '')
  return new Set([...bare.matchAll(/(\w+)\s*(?:\[\w*\])?\s*;/g)].map((match) => match[1] as string))
}

/** A line of C for each number to compare, and the number that we have for it. */
function questions(text: string): ReadonlyMap<string, string> {
  const lines = new Map<string, string>()
  for (const struct of Object.values(structs)) {
    const fields = fieldsOf(text, struct.cName)
    if (fields === undefined) continue
    for (const { cName, kind, offset } of struct.fields) {
      // Padding is what later versions take their new fields from.
      if (kind !== 'padding' && fields.has(cName))
        lines.set(`offsetof(struct ${struct.cName}, ${cName})`, String(offset))
    }
    lines.set(`sizeof(struct ${struct.cName})`, String(struct.size))
  }
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '')
  for (const [cName, value] of cNames) {
    if (cName === 'FUSE_KERNEL_MINOR_VERSION' || !new RegExp(`\\b${cName}\\b`).test(code)) continue
    // A constant that is an int in C may have its sign bit set.
    const wide = typeof value === 'bigint' && value >= 2n ** 32n
    lines.set(wide ? cName : `(unsigned) ${cName}`, String(value))
  }
  return lines
}

describe('the header of this machine', () => {
  it('agrees with every number that both know', ({ skip }) => {
    const reason = whyNot()
    if (reason !== undefined) skip(reason)
    const expected = questions(readFileSync(header, 'utf8'))
    expect(expected.size).toBeGreaterThan(300)
    const directory = mkdtempSync(join(tmpdir(), 'abi-'))
    try {
      const prints = [...expected.keys()].map(
        (question) => `  printf("%s=%llu\\n", "${question}", (unsigned long long) (${question}));`,
      )
      const program = [
        '#include <stddef.h>',
        '#include <stdio.h>',
        '#include <sys/ioctl.h>',
        '#include <linux/fuse.h>',
        'int main(void) {',
        ...prints,
        '  return 0;',
        '}',
        '',
      ].join('\n')
      writeFileSync(join(directory, 'print.c'), program)
      execFileSync('cc', ['-o', join(directory, 'print'), join(directory, 'print.c')])
      const answers = execFileSync(join(directory, 'print'), { encoding: 'utf8' }).trim().split('\n')
      expect(answers).toEqual([...expected].map(([question, value]) => `${question}=${value}`))
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
