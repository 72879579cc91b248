import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Compiled } from './support/compiled.js'

const UID = 12_345
const reason = process.getuid?.() === 0 ? undefined : 'not root, so it cannot become another user'
if (reason !== undefined) console.warn(`a server without privileges is not tested: ${reason}`)

describe.skipIf(reason !== undefined)('without privileges', () => {
  let compiled: Compiled
  let source = ''

  beforeAll(() => {
    compiled = new Compiled()
    source = mkdtempSync(join(tmpdir(), 'unprivileged-'))
    chmodSync(source, 0o777)
    writeFileSync(join(source, 'file'), 'content')
    mkdirSync(join(source, 'closed'), { mode: 0o700 })
  })

  afterAll(() => {
    compiled.remove()
    rmSync(source, { recursive: true })
  })

  const prelude = `
    import { PassthroughFs } from './index.js'
    const source = process.argv[2]
    const name = (text) => new TextEncoder().encode(text)
    const ctx = { uid: 4321, gid: 4321, pid: 1, umask: 0, groups: [7], securityContexts: [], unique: 1n, signal: new AbortController().signal }
  `

  it('serves what the server may reach, and creates everything as the server', () => {
    const result = compiled.runAs(
      UID,
      `${prelude}
      const fs = new PassthroughFs({ source, maxInodes: 64 })
      const made = fs.mkdir(1, name('made'), 0o755, ctx)
      const owner = [made.attr.uid, made.attr.gid, made.attr.mode & 0o777]
      const created = fs.create(1, name('created'), 0o640, 2, false, ctx)
      owner.push(created.entry.attr.uid, created.entry.attr.gid)
      const existing = fs.create(1, name('created'), 0o640, 2, false, ctx)
      const size = fs.lookup(1, name('file')).attr.size
      const closed = fs.lookup(fs.lookup(1, name('closed')).nodeid, name('x'))
      console.log(JSON.stringify({ owner, size, closed: closed.code, existing: existing.open.fh > 0, refusal: fs.share().refusal }))
      fs.close()`,
      source,
    )
    expect(result).toEqual({
      owner: [UID, UID, 0o755, UID, UID],
      size: 7,
      closed: 'EACCES',
      existing: true,
      refusal: { step: 'open_by_handle_at', errno: 1 },
    })
    expect(statSync(join(source, 'made')).uid).toBe(UID)
  })

  it('says so where file handles are mandatory', () => {
    const result = compiled.runAs(
      UID,
      `${prelude}
      let message = ''
      try { new PassthroughFs({ source, inodeFileHandles: 'mandatory' }) } catch (error) { message = error.message }
      console.log(JSON.stringify(message))`,
      source,
    )
    expect(result).toMatch(/^EPERM.*open_by_handle_at: file handles are mandatory/)
  })
})
