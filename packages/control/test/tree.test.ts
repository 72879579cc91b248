import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Errno, type Negotiated, Server } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import parsePrometheusTextFormat from 'parse-prometheus-text-format'
import { describe, expect, it } from 'vitest'
import { ControlError, openTree, parseMount, ServedTree, type Stats, TreeTarget } from '../src/index.js'
import { caller } from './caller.js'
import { keepingLogger } from './keeping-logger.js'
import { clientOf, controlled, directories } from './served.js'

const HOLD = { timeout: 10, hold: 60 }

/** What this process has open below a directory. */
function openedIn(directory: string): string[] {
  const paths = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`)
      return path.startsWith(`${directory}/`) ? [path] : []
    } catch {
      return []
    }
  })
  return [...new Set(paths)]
}

const given = (negotiated: Negotiated | undefined) => (negotiated === undefined ? {} : { negotiated })

describe('a tree that is controlled', () => {
  it('mounts, lists and unmounts while it is served', async () => {
    const base = directories('a', 'b')
    const { tree, target } = controlled()
    await tree.mount(parseMount(`/=${base}/a`))
    const client = await clientOf(tree)
    expect(await client.list('/')).toEqual(['a'])
    expect(await target.mount(parseMount(`/x/y=${base}/b,ro`), {})).toMatchObject({ id: 2, visible: true })
    expect(await client.list('/')).toEqual(['a', 'x'])
    expect(await client.readFile('/x/y/b', 'utf8')).toBe('b')
    await expect(client.writeFile('/x/y/new', '')).rejects.toMatchObject({ code: 'EROFS' })
    expect(target.list()).toEqual([
      { id: 1, path: '/', source: join(base, 'a'), state: 'mounted', inodes: 1, openFiles: 0 },
      { id: 2, path: '/x/y', source: join(base, 'b'), ro: true, state: 'mounted', inodes: 2, openFiles: 0 },
    ])
    expect(await target.umount('/x/y', {})).toMatchObject({ id: 2, visible: true })
    expect(await client.list('/')).toEqual(['a'])
    await client.forgetAll()
    expect(target.list().map(({ path }) => path)).toEqual(['/'])
  })

  it('goes on with the client of another one, and can be changed there', async () => {
    const base = directories('a', 'b', 'c')
    const [here, there] = [controlled(), controlled({ defaults: { ro: true } })]
    for (const { tree } of [here, there]) {
      await tree.mount(parseMount(`/=${base}/a`))
      await tree.mount(parseMount(`/x/y=${base}/b`))
    }
    const client = await clientOf(here.tree)
    const node = await client.resolve('/x/y/b')
    const { fh } = await client.open(node)
    const state = here.tree.fileSystem.saveState?.()
    expect(there.target.status().connected).toBe(false)
    expect(state && (await there.tree.fileSystem.restoreState?.(state))).toEqual([])
    expect(there.target.status().connected).toBe(true)
    expect(there.target.list().map(({ path, inodes, openFiles }) => [path, inodes, openFiles])).toEqual([
      ['/', 1, 0],
      ['/x/y', 2, 1],
    ])
    const next = new Server(there.tree.fileSystem, { ...given(client.server.negotiated) })
    const found = await there.tree.fileSystem.getattr?.(node, fh, caller())
    expect(found).toMatchObject({ attr: { size: 1 } })
    await there.tree.mount(parseMount(`/z=${base}/c`))
    expect(there.target.list().map(({ path }) => path)).toEqual(['/', '/x/y', '/z'])
    await next.close()
    expect(there.target.status().connected).toBe(false)
    expect(there.target.list().map(({ openFiles }) => openFiles)).toEqual([0, 0, 0])
  })

  it('shows what covers and what is covered, replaces, and drains what is in use', async () => {
    const base = directories('a', 'b', 'c')
    const { tree, target } = controlled()
    const client = await clientOf(tree)
    await target.mount(parseMount(`/m=${base}/a`), {})
    await target.mount(parseMount(`/m=${base}/b`), {})
    expect(target.list().map(({ id, state }) => [id, state])).toEqual([
      [1, 'covered'],
      [2, 'mounted'],
    ])
    const node = await client.resolve('/m/b')
    const { fh } = await client.open(node)
    await target.mount(parseMount(`/m=${base}/c`), { replace: true, lazy: true })
    expect(await client.list('/m')).toEqual(['c'])
    expect(Buffer.from(await client.read(node, fh, 0, 9)).toString()).toBe('b')
    expect(target.list()).toMatchObject([
      { id: 1, state: 'covered' },
      { id: 3, state: 'mounted' },
      { id: 2, state: 'draining', openFiles: 1 },
    ])
    await client.release(node, fh)
    await client.forgetAll()
    expect(target.list().map(({ id }) => id)).toEqual([1, 3])
    await target.umount('/m', {})
    expect(await client.list('/m')).toEqual(['a'])
  })

  it('moves what is mounted with all that is mounted below it, and tells of them by their new paths', async () => {
    const base = directories('a', 'b')
    const { tree, target } = controlled()
    const client = await clientOf(tree)
    await target.mount(parseMount(`/m/one=${base}/a`), {})
    await target.mount(parseMount(`/m/one/deep=${base}/b`), {})
    const node = await client.resolve('/m/one/deep/b')
    const { fh } = await client.open(node)
    expect(await target.move('/m/one', '/n')).toEqual({ id: 1, visible: true, after: 0 })
    expect(await client.list('/')).toEqual(['n'])
    expect(await client.list('/n/deep')).toEqual(['b'])
    expect(Buffer.from(await client.read(node, fh, 0, 9)).toString()).toBe('b')
    expect(target.list().map(({ id, path }) => [id, path])).toEqual([
      [1, '/n'],
      [2, '/n/deep'],
    ])
    expect(target.stats().mounts.map(({ path }) => path)).toEqual(['/n', '/n/deep'])
    expect(target.prometheus()).toMatch(/fb_mount_open_files\{mount="\/n\/deep",id="2"\} 1/)
    expect(target.prometheus()).not.toMatch(/\/m\/one/)
    const before = target.list()
    await expect(target.move('/m/one', '/o')).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(target.move('/n', '/n/deep/er')).rejects.toMatchObject({ code: 'EINVAL' })
    await expect(target.move('/n/deep', '/n')).rejects.toMatchObject({ code: 'EBUSY' })
    expect(target.list()).toEqual(before)
    await target.umount('/n/deep', {})
    expect(await client.list('/n')).toEqual(['a'])
  })

  it('changes nothing where a change is refused', async () => {
    const base = directories('a')
    const { tree, target } = controlled({
      checkSource: async (source) => {
        if (source.endsWith('secret')) throw new ControlError('EPERM', 'not this one')
      },
    })
    await tree.mount(parseMount(`/m=${base}/a`))
    const before = target.list()
    const refused = async (text: string): Promise<unknown> =>
      target.mount(parseMount(text), {}).catch((error: unknown) => error)
    expect(await refused(`/n=${base}/none`)).toMatchObject({ code: 'ENOENT' })
    expect(await refused('/n=/secret')).toMatchObject({ code: 'EPERM' })
    expect(await refused(`/n=${base}/a,no-xattr,posix-acl`)).toMatchObject({ code: 'EINVAL' })
    expect(await refused(`/n/../m=${base}/a`)).toBeInstanceOf(Error)
    await expect(target.umount('/n', {})).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(target.umount('/', {})).rejects.toMatchObject({ code: 'ENOENT' })
    expect(target.list()).toEqual(before)
  })

  it('serves files that are written down', async () => {
    const { tree } = controlled()
    await tree.mount({ path: '/etc', files: { motd: 'hello', deep: { er: 'x' } } })
    const client = await clientOf(tree)
    expect(await client.readFile('/etc/motd', 'utf8')).toBe('hello')
    expect(await client.list('/etc/deep')).toEqual(['er'])
  })

  it('obeys many at once, one after the other, in the order in which their sources have answered', async () => {
    const base = directories('a')
    const { tree, target } = controlled()
    const client = await clientOf(tree)
    const names = Array.from({ length: 50 }, (_, at) => `m${at}`)
    const paths = names.map((name) => `/${name}`)
    await Promise.all(paths.map((path) => target.mount(parseMount(`${path}=${base}/a`), {})))
    expect((await client.list('/')).sort()).toEqual([...names].sort())
    const outcomes = await Promise.allSettled([...paths, ...paths].map((path) => target.umount(path, {})))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(50)
    expect(await client.list('/')).toEqual([])
  })

  it('gives back what back ends hold, also where nobody was ever connected', async () => {
    const base = directories('a', 'b')
    const { tree } = controlled()
    await tree.mount(parseMount(`/m=${base}/a`))
    expect(openedIn(base)).toEqual([`${base}/a`])
    await tree.umount('/m')
    expect([tree.list(), openedIn(base)]).toEqual([[], []])
    await tree.mount(parseMount(`/m=${base}/b`))
    expect(openedIn(base)).toEqual([`${base}/b`])
    tree.close()
    expect(openedIn(base)).toEqual([])
  })

  it('says when a client that cannot be told will see a change', async () => {
    const base = directories('a', 'b')
    const { tree, target } = controlled({ defaults: { cache: 'always' } })
    await tree.mount(parseMount(`/=${base}/a`))
    // Without a notifier, as over virtio-fs.
    const client = await FuseClient.connect(new Server(tree.fileSystem))
    expect(await target.mount(parseMount(`/b=${base}/b`), {})).toEqual({
      ...{ id: 2, visible: false, after: 86_400 },
    })
    await client.close()
  })
})

describe('quiesce', () => {
  it('holds operations until resume, and refuses changes meanwhile', async () => {
    const base = directories('a')
    const { tree, target } = controlled()
    await tree.mount(parseMount(`/=${base}/a`))
    const client = await clientOf(tree)
    expect(await target.quiesce(HOLD)).toBe(0)
    const reading = client.readFile('/a', 'utf8')
    expect(target.status()).toMatchObject({ quiesced: true, resumesIn: 60 })
    await expect(target.mount(parseMount(`/b=${base}/a`), {})).rejects.toMatchObject({ code: 'EBUSY' })
    await expect(target.umount('/', {})).rejects.toMatchObject({ code: 'EBUSY' })
    expect(target.status()).toMatchObject({ held: 1 })
    expect(target.resume()).toBe(1)
    expect(await reading).toBe('a')
    expect(target.status()).toMatchObject({ quiesced: false, held: 0 })
    expect(target.status().resumesIn).toBeUndefined()
    expect(() => target.resume()).toThrow(ControlError)
  })

  it('ends by itself where nobody says resume, who is told so when he does', async () => {
    const base = directories('a')
    const { tree, target, logger } = controlled()
    await tree.mount(parseMount(`/=${base}/a`))
    const client = await clientOf(tree)
    await target.quiesce({ timeout: 10, hold: 0.05 })
    expect(await client.readFile('/a', 'utf8')).toBe('a')
    expect(logger.kept).toEqual(['operations go on: nobody has resumed them'])
    expect(() => target.resume()).toThrow(/not stopped/)
  })

  it('holds anew when it is asked again', async () => {
    const { target, logger } = controlled()
    await target.quiesce({ timeout: 10, hold: 0.01 })
    await target.quiesce(HOLD)
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(target.status().quiesced).toBe(true)
    expect(target.resume()).toBe(0)
    expect(logger.kept).toEqual([])
  })

  it('gives up where an operation does not end, and everything goes on', async () => {
    const { tree, target } = controlled()
    let finish: (errno: Errno) => void = () => {}
    const slow = new Promise<Errno>((resolve) => {
      finish = resolve
    })
    await tree.vfs.mount({ getattr: () => slow }, '/')
    const client = await clientOf(tree)
    const asked = client.getattr(1).catch((error: unknown) => error)
    await expect(target.quiesce({ timeout: 0.02, hold: 60 })).rejects.toMatchObject({ code: 'ETIMEDOUT' })
    expect(target.status()).toMatchObject({ quiesced: false, inFlight: 1 })
    const again = target.quiesce(HOLD)
    await new Promise((resolve) => setTimeout(resolve, 5))
    target.resume()
    await expect(again).rejects.toMatchObject({ code: 'ECANCELED' })
    finish(Errno.EACCES)
    expect(await asked).toMatchObject({ code: 'EACCES' })
    expect(target.status()).toMatchObject({ quiesced: false, inFlight: 0 })
  })
})

describe('statistics', () => {
  async function used() {
    const base = directories('a', 'b')
    const { tree, target } = controlled()
    await tree.mount(parseMount(`/=${base}/a`))
    await tree.mount({ path: '/odd"\\\n', files: { text: 'x' } })
    const client = await clientOf(tree)
    await client.readFile('/a')
    await client.lookup(1, 'none').catch(() => {})
    const node = await client.resolve('/a')
    await client.open(node)
    return target
  }

  it('count by mount and operation', async () => {
    const stats: Stats = (await used()).stats()
    const [first, second] = stats.mounts
    expect(stats.mounts).toHaveLength(2)
    expect(first).toMatchObject({ id: 1, path: '/', state: 'mounted', inodes: 2, openFiles: 1 })
    expect(first?.operations['open']).toMatchObject({ count: 2, inFlight: 0, errors: {} })
    expect(first?.operations['lookup']?.errors).toEqual({ ENOENT: 1 })
    expect(first?.operations['read']?.bytes).toBe(1)
    for (const { count, buckets } of Object.values(first?.operations ?? {})) {
      expect(buckets).toHaveLength(stats.bounds.length + 1)
      expect(buckets.reduce((sum, each) => sum + each, 0)).toBe(count)
    }
    expect(second?.operations).toEqual({})
    expect(JSON.parse(JSON.stringify(stats))).toEqual(stats)
  })

  it('are what a parser of Prometheus understands', async () => {
    const target = await used()
    const families = parsePrometheusTextFormat(target.prometheus())
    const samples = (name: string) => families.find((family) => family.name === name)?.metrics
    expect(samples('fb_operations_total')).toContainEqual({
      ...{ value: '2', labels: { mount: '/', id: '1', operation: 'open' } },
    })
    expect(samples('fb_operation_errors_total')).toContainEqual({
      ...{ value: '1', labels: { mount: '/', id: '1', operation: 'lookup', errno: 'ENOENT' } },
    })
    expect(samples('fb_mount_open_files')).toEqual([
      { value: '1', labels: { mount: '/', id: '1' } },
      { value: '0', labels: { mount: '/odd"\\\n', id: '2' } },
    ])
    expect(samples('fb_mount_inodes')).toEqual([{ value: '2', labels: { mount: '/', id: '1' } }])
    expect(samples('fb_operations_held')).toEqual([{ value: '0' }])
    expect(families.filter(({ type }) => type === 'HISTOGRAM')).toHaveLength(1)
    // The parser puts histograms that differ in their labels together; as a family of their own it keeps buckets apart.
    const lines = target.prometheus().split('\n')
    const buckets = lines.filter((line) => line.startsWith('fb_operation_duration_seconds_bucket{'))
    const [family] = parsePrometheusTextFormat(
      ['# TYPE fb_operation_duration_seconds_bucket gauge', ...buckets, ''].join('\n'),
    )
    const opens = family?.metrics.filter(({ labels }) => labels?.['operation'] === 'open') ?? []
    const counts = opens.map(({ value }) => Number(value))
    expect(opens.at(-1)).toMatchObject({ value: '2', labels: { le: '+Inf' } })
    expect(counts).toEqual([...counts].sort((x, y) => x - y))
    expect(lines).toContain('fb_operation_duration_seconds_count{mount="/",id="1",operation="open"} 2')
  })

  it('set the level of the log', () => {
    const { target, logger } = controlled()
    target.setLogLevel('debug')
    expect([logger.level, target.status().logLevel]).toEqual(['debug', 'debug'])
  })
})

describe('a tree that is not controlled', () => {
  it('has no gate and measures nothing', async () => {
    const base = directories('a')
    const logger = keepingLogger()
    const tree = new ServedTree({ controlled: false, defaults: {}, logger })
    const mount = await tree.mount(parseMount(`/=${base}/a`))
    expect([tree.gate, mount.metrics]).toEqual([undefined, undefined])
    const client = await FuseClient.connect(tree.fileSystem)
    expect(await client.readFile('/a', 'utf8')).toBe('a')
    await client.close()
    expect(() => new TreeTarget({ tree, logger, program: 'x', version: '1', serving: '/' })).toThrow(
      TypeError,
    )
    tree.close()
  })
})

describe('openTree', () => {
  const common = { defaults: {}, program: 'test', version: '1', serving: '/nowhere' }

  it('says which of its mounts cannot be, and leaves nothing behind', async () => {
    const base = directories('a')
    const logger = keepingLogger()
    const open = (...mounts: string[]) =>
      openTree({ ...common, logger, options: { mounts: mounts.map(parseMount) } })
    await expect(open(`/=${base}/a`, `/x=${base}/none`)).rejects.toMatchObject({
      ...{ fault: 'source', message: `/x: ${base}/none does not exist` },
    })
    await expect(open(`/x/../y=${base}/a`)).rejects.toMatchObject({ fault: 'mount' })
    expect(openedIn(base)).toEqual([])
    const opened = await open(`/=${base}/a`)
    expect(opened.tree.gate).toBeUndefined()
    await opened.close()
  })
})
