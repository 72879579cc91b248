import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { areas } from '../schema/index.js'
import { generate } from './emit.js'

// Run from the directory of the package, as `pnpm run generate` does.
const target = join('src', 'generated')
mkdirSync(target, { recursive: true })
for (const { name, text } of generate(areas)) writeFileSync(join(target, name), text)
