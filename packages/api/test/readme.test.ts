import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { operations } from './operations.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

it('shows the example that is tested', () => {
  const example = readFileSync(new URL('./example.test.ts', import.meta.url), 'utf8')
  const asUser = example
    .replace('../src/index.js', '@fb/api')
    .replace('../src/testing/index.js', '@fb/api/testing')
  expect(readme).toContain(`\`\`\`ts\n${asUser}\`\`\`\n`)
})

it('says how every missing method is answered', () => {
  const rows = new Map<string, string>()
  for (const [, names = '', answer = ''] of readme.matchAll(/^\| (`.*`) +\| (.*?) +\|$/gm)) {
    for (const name of names.split(', ')) rows.set(name.replaceAll('`', ''), answer)
  }
  for (const { method, missing } of operations) {
    const answer = rows.get(method)
    if (typeof missing === 'string') expect(answer, method).toMatch(new RegExp(`\\b${missing}$`))
    else expect(answer, method).toMatch(/^success/)
  }
})
