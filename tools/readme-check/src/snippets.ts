import { readFileSync } from 'node:fs'

/** The TypeScript snippets of a Markdown file, by the name in the comment before each. */
export function snippets(markdown: URL): Map<string, string> {
  const found = new Map<string, string>()
  const text = readFileSync(markdown, 'utf8')
  for (const [, name = '', code = ''] of text.matchAll(/<!-- snippet: ([\w-]+) -->\n```ts\n([\s\S]*?)```/g)) {
    found.set(name, code)
  }
  const shown = text.match(/^```ts$/gm)?.length ?? 0
  if (shown !== found.size)
    throw new Error(`${shown - found.size} snippets of ${markdown.pathname} have no name`)
  return found
}
