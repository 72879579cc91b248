import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Guest, guestUnavailable } from '@fb/guest-vm'
import { hasProgram, makeOddTree, manifest, run, shell } from '@fb/testbed'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Daemon, directory } from './daemon.js'

/** FB_GUEST_LONG=1: as much as a guest is used for in an hour; otherwise what takes seconds. */
const LONG = process.env['FB_GUEST_LONG'] === '1'
const FILES = LONG ? 100_000 : 1_000
const FIO_SIZE = LONG ? '256m' : '4m'
const ROUNDS = LONG ? 1_000 : 20
const WORKERS = [1, 2, 3, 4]
/** The short form has one of them. */
const MACHINES = (
  [
    { kernel: '6.12', qemu: '10' },
    { kernel: '6.1', qemu: 'system' },
  ] as const
).slice(LONG ? 0 : 1)
const TIMEOUT_MS = LONG ? 3_600_000 : 240_000
const PROGRAMS = ['git', 'git-upload-pack', 'tar', 'fio', 'flock']

const missing = PROGRAMS.find((program) => !hasProgram(program))

describe.each(MACHINES)(
  'programs of a guest with kernel $kernel',
  { timeout: TIMEOUT_MS },
  async (machine) => {
    const reason = missing === undefined ? await guestUnavailable(machine) : `this machine has no ${missing}`
    if (reason !== undefined) console.warn(`skipped: ${reason}`)
    let base: string
    let guest: Guest
    const host = (...names: string[]) => join(base, 'shared', ...names)
    const inGuest = (script: string) => guest.check(`set -e; cd /mnt\n${script}`, TIMEOUT_MS)

    beforeAll(async () => {
      if (reason !== undefined) return
      base = directory()
      mkdirSync(host())
      const socket = join(base, 'socket')
      await new Daemon(
        ...['--shared-dir', host(), '--socket-path', socket, '--sandbox', 'none'],
        ...['--num-request-queues', '4', '--thread-pool-size', '2', '--posix-acl', '--allow-direct-io'],
      ).listening()
      const mounts = [{ tag: 'share', socket, at: '/mnt', requestQueues: 4 }]
      guest = await Guest.start({ ...machine, mounts, cpus: 2, memoryMiB: 768, programs: PROGRAMS })
    }, TIMEOUT_MS)
    afterAll(() => guest?.kill())

    test.skipIf(reason !== undefined)(
      'git clones from the directory into the directory, and finds nothing wrong',
      async () => {
        await shell(
          `git init -q -b main repository; cd repository
       git config user.name nobody; git config user.email nobody@example.org
       for round in 1 2 3; do
         mkdir -p src/$round; for i in $(seq 30); do echo "$round $i" > src/$round/$i; done
         head -c 200000 /dev/urandom > binary; printf '#!/bin/sh\\n' > tool; chmod 755 tool; ln -sfn src/$round latest
         git add -A; git commit -q -m "round $round"; git tag -a v$round -m $round
       done; git gc -q; echo loose > loose; git add loose; git commit -q -m loose`,
          { cwd: host() },
        )
        const git = 'git -c safe.directory=*'
        await inGuest(`${git} clone -q repository clone; cd clone; ${git} fsck --full --strict; ${git} log --stat > log
      ${git} checkout -q v1; ${git} checkout -q main; ${git} gc -q; ${git} fsck --full; ${git} status --porcelain > status`)
        expect(readFileSync(host('clone/status'), 'utf8')).toBe('?? log\n?? status\n')
        await shell('rm log status; git fsck --full --strict; test -z "$(git status --porcelain)"', {
          cwd: host('clone'),
        })
        const heads = ['repository', 'clone'].map((name) =>
          run('git', ['-C', host(name), 'rev-parse', 'HEAD']),
        )
        expect((await heads[1])?.length).toBe(41)
        expect(await heads[1]).toBe(await heads[0])
        const work = (name: string) =>
          manifest(host(name), { times: false }).filter((line) => !line.startsWith('/.git'))
        expect(work('clone')).toEqual(work('repository'))
      },
    )

    test.skipIf(reason !== undefined)(
      'tar takes a tree with everything there is, and unpacks the same one',
      async () => {
        mkdirSync(host('tree'))
        await makeOddTree(host('tree'))
        await inGuest(`tar --xattrs --xattrs-include='*' --acls --sparse --numeric-owner -cf tree.tar -C tree . 2> tar.log
      mkdir copy; tar --xattrs --xattrs-include='*' --acls --numeric-owner --same-permissions -xf tree.tar -C copy`)
        // There are no sockets in an archive.
        const expected = manifest(host('tree')).filter((line) => !line.startsWith('/special/socket'))
        expect(expected.length).toBeGreaterThan(350)
        expect(manifest(host('copy'))).toEqual(expected)
        expect(readFileSync(host('tar.log'), 'utf8').trim()).toBe('tar: ./special/socket: socket ignored')
      },
    )

    test.skipIf(reason !== undefined).each([
      ['buffered', '--ioengine=psync --bs=4k'],
      ['direct', '--ioengine=psync --direct=1 --bs=16k'],
      ['mmap', '--ioengine=mmap --bs=4k'],
    ])('fio writes, and finds what it wrote: %s', async (name, engine) => {
      const job = `--name=${name} --filename=fio-${name} --size=${FIO_SIZE} --rw=randwrite ${engine} --verify=crc32c --verify_fatal=1 --minimal`
      await inGuest(`fio ${job} --do_verify=1 --end_fsync=1 > fio-${name}.log`)
      // The same sums, checked by the host's kernel.
      await shell(`fio ${job} --verify_only --allow_file_create=0`, { cwd: host() })
    })

    test.skipIf(reason !== undefined)(`${FILES} files are made, found and removed`, async () => {
      await inGuest(`mkdir files; for i in $(seq ${FILES}); do echo $i > files/$i; done`)
      expect(await inGuest('find files -type f | wc -l')).toBe(`${FILES}\n`)
      const names = readdirSync(host('files'))
      expect(names.length).toBe(FILES)
      for (const name of names) {
        if (readFileSync(host('files', name), 'utf8') !== `${name}\n`) throw new Error(`what is in ${name}?`)
      }
      await inGuest('rm -r files')
      expect(readdirSync(host())).not.toContain('files')
    })

    test.skipIf(reason !== undefined)('four processes work at the same time', async () => {
      writeFileSync(host('counter'), '0\n')
      mkdirSync(host('place'))
      await inGuest(`work() {
        exec 9>lock; k=0
        while [ $k -lt ${ROUNDS} ]; do k=$((k + 1))
          echo "$1 $k" >> log
          echo "$1 $k" > place/new-$1; ln place/new-$1 place/$1-$k; mv place/new-$1 place/last-$1
          [ $k -le 10 ] || rm place/$1-$((k - 10))
          for name in place/*; do seen=$name; done
          flock 9; read n < counter; echo $((n + 1)) > counter; flock -u 9
        done
      }
      for i in ${WORKERS.join(' ')}; do work $i & done; wait`)
      const all = WORKERS.flatMap((i) => Array.from({ length: ROUNDS }, (_, k) => `${i} ${k + 1}`))
      expect(readFileSync(host('log'), 'utf8').trim().split('\n').sort()).toEqual(all.sort())
      expect(readFileSync(host('counter'), 'utf8')).toBe(`${WORKERS.length * ROUNDS}\n`)
      const last = WORKERS.flatMap((i) =>
        Array.from({ length: 10 }, (_, back) => [`${i}-${ROUNDS - back}`, `${i} ${ROUNDS - back}\n`]),
      )
      const names = [...last.map(([name]) => name), ...WORKERS.map((i) => `last-${i}`)]
      expect(readdirSync(host('place')).sort()).toEqual(names.sort())
      for (const [name = '', text] of last) expect(readFileSync(host('place', name), 'utf8')).toBe(text)
    })
  },
)
