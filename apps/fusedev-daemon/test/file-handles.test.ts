import { renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { missingForMount, run } from '@fb/testbed'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Daemon, ServedDisk } from './daemon.js'

const PROGRAM = fileURLToPath(new URL('programs/file-handles.py', import.meta.url))

const reason = missingForMount(['python3'])
if (reason !== undefined) console.warn(`skipped: ${reason}`)

describe.skipIf(reason !== undefined)('file handles of a mount', { timeout: 120_000 }, () => {
  let served: ServedDisk
  let store: string

  beforeEach(() => {
    served = new ServedDisk('256M')
    store = join(served.beside, 'handles')
  })

  afterEach(async () => {
    await served.close()
  })

  const handles = async (command: 'make' | 'open', directory = served.mount): Promise<string> =>
    (await run('python3', [PROGRAM, command, directory, store])).trim()

  it('lead back to their files when the kernel has forgotten them, and in a new daemon', async () => {
    const daemon = await served.serve()
    await handles('make')
    expect(await handles('open')).toBe('3 directory, 200 file')
    renameSync(join(served.source, 'deep/down/0'), join(served.source, 'moved'))
    renameSync(join(served.mount, 'deep/down/1'), join(served.mount, 'moved too'))
    expect(await handles('open')).toBe('3 directory, 200 file')
    await daemon.dispose()
    await served.serve()
    expect(await handles('open')).toBe('3 directory, 200 file')
    // Those of files that are gone lead nowhere, and to no others that have taken their numbers.
    for (let number = 10; number < 20; number += 1) unlinkSync(join(served.mount, `deep/down/${number}`))
    for (let number = 20; number < 30; number += 1) unlinkSync(join(served.source, `deep/down/${number}`))
    for (let number = 0; number < 50; number += 1)
      writeFileSync(join(served.source, `other${number}`), 'other')
    expect(await handles('open')).toBe('20 ESTALE, 3 directory, 180 file')
  })

  it('lead to no directory that is not served any more', async () => {
    const daemon = await served.serve()
    await handles('make')
    await daemon.dispose()
    renameSync(join(served.source, 'deep'), join(served.beside, 'deep'))
    await served.serve()
    // A file does not say where it is. Who may open any file of the source's file system may open these too.
    expect(await handles('open')).toBe('2 ESTALE, 1 directory, 200 file')
  })

  it.each([
    { what: 'without file handles of inodes', options: ['--mount', '/=SOURCE,inode-file-handles=never'] },
    { what: 'in a tree', options: ['--mount', '/=SOURCE'] },
  ])('are not given out $what', async ({ options }) => {
    const given = options.map((option) => option.replace('SOURCE', served.source))
    served.daemon = await new Daemon([...given, served.mount], served.mount).ready()
    expect(await handles('make')).toBe('ENOTSUP')
  })
})
