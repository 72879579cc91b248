import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { makeOddTree, manifest, memory, missingForMount, openFds, run, shell, waitFor } from '@fb/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Daemon, ServedDisk } from './daemon.js'

const missing = missingForMount([
  'git',
  'rsync',
  'tar',
  'make',
  'gcc',
  'sqlite3',
  'fio',
  'setfattr',
  'mkfs.ext4',
])
if (missing !== undefined) console.warn(`skipped: ${missing}`)
const [major = 0, minor = 0] = release().split('.').map(Number)
const mapsWithoutCache = major > 6 || (major === 6 && minor >= 6)
if (!mapsWithoutCache) console.warn('skipped: shared mappings without a cache need Linux 6.6')

/** A repository of `count` commits, made in one go. */
async function makeRepository(directory: string, count: number): Promise<void> {
  await shell(
    `git init -q --bare ${directory}
     for i in $(seq ${count}); do
       echo "commit refs/heads/main"; echo "mark :$i"; echo "committer T <t@example.org> $((1600000000 + i)) +0000"
       echo "data 8"; printf 'commit\\n\\n'; if [ $i -gt 1 ]; then echo "from :$((i - 1))"; fi
       echo "M 100644 inline dir$((i % 50))/file$((i % 400))"; echo "data <<END"; echo "line $i"; seq $((i % 90)); echo END; echo
     done | git -C ${directory} fast-import --quiet
     git -C ${directory} symbolic-ref HEAD refs/heads/main`,
  )
}

describe.skipIf(missing !== undefined)('programs on the mount', () => {
  let served: ServedDisk
  beforeAll(async () => {
    served = new ServedDisk('6G')
    await served.serve('--allow-other', '-o', 'suid,dev')
  })
  afterAll(() => served.close())

  /** A directory for one test, as the mount and as the disk show it. */
  function place(name: string): { mounted: string; behind: string; beside: string } {
    const beside = join(served.beside, name)
    const mounted = join(served.mount, name)
    mkdirSync(beside)
    mkdirSync(mounted)
    return { mounted, behind: join(served.source, name), beside }
  }

  it('git: clones a repository of 3 000 commits, and finds it sound', { timeout: 240_000 }, async () => {
    const { mounted, behind, beside } = place('git')
    await makeRepository(join(beside, 'origin.git'), 3000)
    await run('git', ['clone', '-q', `file://${beside}/origin.git`, join(mounted, 'first')])
    await run('git', ['clone', '-q', '--no-hardlinks', join(mounted, 'first'), join(mounted, 'second')])
    await run('git', ['clone', '-q', `file://${beside}/origin.git`, join(beside, 'reference')])
    expect(await run('git', ['-C', join(mounted, 'second'), 'fsck', '--full'])).toBe('')
    expect(await run('git', ['-C', join(mounted, 'second'), 'status', '--porcelain'])).toBe('')
    expect((await run('git', ['-C', join(mounted, 'second'), 'rev-list', '--count', 'HEAD'])).trim()).toBe(
      '3000',
    )
    const diff = ['-r', '--exclude=.git']
    expect(await run('diff', [...diff, join(behind, 'second'), join(beside, 'reference')])).toBe('')
    await run('git', ['-C', join(mounted, 'second'), 'gc', '-q', '--aggressive', '--prune=now'])
    expect(await run('git', ['-C', join(mounted, 'second'), 'fsck', '--full'])).toBe('')
  })

  it('cp -a, rsync -aHAX and tar: copy an odd tree in, within and out, with everything kept', {
    timeout: 120_000,
  }, async () => {
    const { mounted, behind, beside } = place('copies')
    const original = join(beside, 'original')
    mkdirSync(original)
    await makeOddTree(original)
    const expected = manifest(original, { holes: true })

    await run('cp', ['-a', original, join(mounted, 'cp')])
    await run('rsync', ['-aHAXS', `${original}/`, `${join(mounted, 'rsync')}/`])
    await shell(
      `mkdir ${mounted}/tar
       tar -C ${original} --xattrs --xattrs-include='*' --acls -S -cf - --exclude=./special/socket . | tar -C ${mounted}/tar --xattrs --xattrs-include='*' --acls -xpf -`,
    )
    const withoutSocket = expected.filter((line) => !line.includes('special/socket'))
    for (const name of ['cp', 'rsync']) {
      expect(manifest(join(mounted, name), { holes: true }), `${name}, through the mount`).toEqual(expected)
      expect(manifest(join(behind, name), { holes: true }), `${name}, on the disk`).toEqual(expected)
    }
    expect(manifest(join(mounted, 'tar'), { holes: true })).toEqual(withoutSocket)
    await run('cp', ['-a', join(mounted, 'cp'), join(mounted, 'again')])
    await run('cp', ['-a', join(mounted, 'again'), join(beside, 'out')])
    expect(manifest(join(beside, 'out'), { holes: true })).toEqual(expected)
    await run('rm', ['-rf', join(mounted, 'cp'), join(mounted, 'again')])
    expect(manifest(behind).some((line) => line.startsWith('/cp') || line.startsWith('/again'))).toBe(false)
  })

  it('make -j4: builds a C program of 240 files, and the program runs', { timeout: 240_000 }, async () => {
    const { mounted, beside } = place('make')
    for (const directory of [mounted, beside]) await shell(GENERATE_C_PROGRAM, { cwd: directory })
    const builds = [mounted, beside].map(async (directory) => {
      await run('make', ['-s', '-j4'], { cwd: directory })
      return run(join(directory, 'program'), [])
    })
    const [onMount, onDisk] = await Promise.all(builds)
    expect(onMount).toMatch(/^sum \d+\n$/)
    expect(onMount).toBe(onDisk)
    expect(await run('make', ['-q'], { cwd: mounted })).toBe('')
  })

  it('sqlite: four writers at once on a database in WAL mode lose nothing', {
    timeout: 120_000,
  }, async () => {
    const { mounted, behind } = place('sqlite')
    const database = join(mounted, 'db')
    await run('sqlite3', [database, 'PRAGMA journal_mode=WAL; CREATE TABLE t(writer INT, n INT);'])
    const writers = [1, 2, 3, 4].map((writer) =>
      shell(
        `for n in $(seq 150); do echo "PRAGMA busy_timeout=60000; BEGIN IMMEDIATE; INSERT INTO t VALUES(${writer}, $n); COMMIT;"; done | sqlite3 ${database} > /dev/null`,
      ),
    )
    await Promise.all(writers)
    const query = "SELECT count(*), count(DISTINCT writer || ':' || n) FROM t; PRAGMA integrity_check;"
    expect(await run('sqlite3', [database, query])).toBe('600|600\nok\n')
    expect(await run('sqlite3', [join(behind, 'db'), query])).toBe('600|600\nok\n')
  })

  it.each([
    ['buffered', '--ioengine=psync'],
    ['direct', '--ioengine=psync --direct=1'],
    ['mmap', '--ioengine=mmap'],
  ])('fio: verifies what it wrote, %s', { timeout: 180_000 }, async (name, flags) => {
    const { mounted } = place(`fio-${name}`)
    const common = `--directory=${mounted} --size=24M --bs=4k-64k --bsrange=4k-64k --verify=crc32c --verify_fatal=1 --do_verify=1 --group_reporting`
    const output = await shell(
      `cd ${mounted}; fio --name=${name} ${flags} ${common} --rw=randrw --numjobs=2 --fsync=64 2>&1`,
    )
    expect(output).toMatch(/err= 0/)
    expect(output).not.toMatch(/verify: bad/)
  })

  it.skipIf(!mapsWithoutCache)(
    'fio: shared mappings also where nothing is cached',
    {
      timeout: 60_000,
    },
    async () => {
      const mountpoint = mkdtempSync('/tmp/fb-mount-')
      const daemon = new Daemon(['--cache', 'never', served.source, mountpoint], mountpoint)
      try {
        await daemon.ready()
        const output = await shell(
          `cd ${mountpoint}; fio --name=shared --ioengine=mmap --size=8M --bs=16k --rw=randrw --verify=crc32c --verify_fatal=1 --do_verify=1 2>&1`,
        )
        expect(output).toMatch(/err= 0/)
        expect(output).not.toMatch(/verify: bad/)
      } finally {
        await daemon.dispose()
        rmdirSync(mountpoint)
      }
    },
  )

  it('npm install: a real set of packages, usable afterwards', { timeout: 240_000 }, async () => {
    const { mounted } = place('npm')
    await shell(
      `cd ${mounted}; echo '{"name":"x","private":true,"type":"module"}' > package.json
       npm install --no-audit --no-fund --no-update-notifier --loglevel=error express@5 vitest@3 typescript@5 zod@4
       node -e "import('express').then((m) => { if (typeof m.default !== 'function') process.exit(1) })"
       ./node_modules/.bin/tsc --version
       test "$(find node_modules -name package.json | wc -l)" -gt 100`,
    )
  })

  it('find and rm -rf over 100 000 files: descriptors and memory come back', {
    timeout: 300_000,
  }, async () => {
    const { mounted, behind } = place('many')
    const daemon = served.daemon
    if (daemon === undefined) throw new Error('no daemon')
    await shell('for d in $(seq 100); do mkdir warm$d; done; find . | wc -l; rm -rf warm*', { cwd: mounted })
    const fdsBefore = openFds(daemon.pid)
    const memoryBefore = memory(daemon.pid)
    await shell('for d in $(seq 100); do mkdir d$d; (cd d$d; seq 1000 | xargs -n 500 touch); done', {
      cwd: mounted,
    })
    expect(Number(await shell('find . -type f -newermt 2000-01-01 -size -1 | wc -l', { cwd: mounted }))).toBe(
      100_000,
    )
    const fdsDuring = openFds(daemon.pid)
    expect(Number(await shell('find . -type f | wc -l', { cwd: behind }))).toBe(100_000)
    await run('rm', ['-rf', mounted])
    await shell('sync; echo 2 > /proc/sys/vm/drop_caches')
    await waitFor('the descriptors to come back', () => openFds(daemon.pid) <= fdsBefore + 50)
    const memoryAfter = memory(daemon.pid)
    console.log(
      `100 000 files: fds ${fdsBefore} before, ${fdsDuring} with all of them, ${openFds(daemon.pid)} after; ` +
        `RSS ${mib(memoryBefore.rss)} MiB before, ${mib(memoryAfter.rss)} MiB after`,
    )
    expect(fdsDuring).toBeLessThan(10_000)
    expect(memoryAfter.rss - memoryBefore.rss).toBeLessThan(96 * 1024 * 1024)
  })
})

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0)
}

const GENERATE_C_PROGRAM = `
mkdir -p src include obj
for i in $(seq 240); do
  printf '#pragma once\\nunsigned long f%d(unsigned long x);\\n' $i > include/f$i.h
  { echo "#include <stdio.h>"; echo "#include <string.h>"; echo "#include <stdlib.h>"; echo "#include \\"f$i.h\\""
    if [ $i -gt 1 ]; then echo "#include \\"f$((i - 1)).h\\""; fi
    echo "unsigned long f$i(unsigned long x) { char b[64]; snprintf(b, sizeof b, \\"%lu\\", x + $i);"
    if [ $i -gt 1 ]; then echo "return f$((i - 1))(strtoul(b, 0, 10) % 1000003); }"; else echo "return strtoul(b, 0, 10); }"; fi
  } > src/f$i.c
done
printf '#include <stdio.h>\\n#include "f240.h"\\nint main(void) { printf("sum %%lu\\\\n", f240(7)); return 0; }\\n' > src/main.c
cat > Makefile <<'END'
SOURCES := $(wildcard src/*.c)
OBJECTS := $(SOURCES:src/%.c=obj/%.o)
program: libf.a obj/main.o
	$(CC) -o $@ obj/main.o libf.a
libf.a: $(filter-out obj/main.o,$(OBJECTS))
	ar rcs $@ $^
obj/%.o: src/%.c
	$(CC) -O1 -Iinclude -MMD -c -o $@ $<
-include $(OBJECTS:.o=.d)
END
`
