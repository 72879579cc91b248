import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FuseClient } from '@fb/api/testing'
import { onTestFinished } from 'vitest'
import { ServedTree, type ServedTreeOptions, TreeTarget } from '../src/index.js'
import { keepingLogger } from './keeping-logger.js'

/** A directory with one directory per name, each with a file `name` whose text is the name. */
export function directories(...names: string[]): string {
  const base = mkdtempSync(join(tmpdir(), 'fb-control-'))
  onTestFinished(() => rmSync(base, { recursive: true, force: true }))
  for (const name of names) {
    mkdirSync(join(base, name))
    writeFileSync(join(base, name, name), name)
  }
  return base
}

/** A tree that is controlled, and what controls it. */
export function controlled(options: Partial<ServedTreeOptions> = {}) {
  const logger = keepingLogger()
  const tree = new ServedTree({ controlled: true, defaults: {}, logger, ...options })
  onTestFinished(() => tree.close())
  const target = new TreeTarget({ tree, logger, program: 'test', version: '1.2.3', serving: '/nowhere' })
  return { tree, target, logger }
}

/** A client of a tree. */
export async function clientOf(tree: ServedTree): Promise<FuseClient> {
  const client = await FuseClient.connect(tree.fileSystem)
  onTestFinished(() => client.close())
  return client
}
