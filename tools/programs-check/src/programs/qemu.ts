import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Guest } from '@fb/guest-vm'
import { attempt, run, shell, waitFor } from '@fb/testbed'
import type { Place, Program } from '../program.js'

/** How QEMU opens an image: through the cache of the host, and past it (O_DIRECT). */
const CACHES = ['writeback', 'none'] as const
type Cache = (typeof CACHES)[number]

/** Images of each kind, made, filled, converted to each other and checked. */
async function images({ directory, common }: Place): Promise<string[]> {
  const original = join(common, 'original')
  if (!existsSync(original)) {
    await shell(`head -c 9000001 /dev/urandom > ${original}; truncate -s 40M ${original}
      head -c 3000000 /dev/urandom | dd of=${original} bs=1M seek=30 conv=notrunc status=none; truncate -s 64M ${original}`)
  }
  const facts: string[] = []
  for (const cache of CACHES) {
    for (const format of ['qcow2', 'raw', 'vmdk', 'vdi']) {
      const image = join(directory, `${cache}.${format}`)
      await run('qemu-img', ['convert', '-f', 'raw', '-O', format, '-t', cache, '-T', cache, original, image])
      const back = join(directory, 'back')
      await run('qemu-img', ['convert', '-f', format, '-O', 'raw', '-t', cache, '-T', cache, image, back])
      await run('cmp', [original, back])
      await run('qemu-img', ['compare', '-f', 'raw', '-F', format, '-T', cache, original, image])
      const check = await attempt('qemu-img', ['check', '-f', format, '-T', cache, image])
      facts.push(`${cache} ${format}: ${check.code} ${check.stdout.split('\n')[0]}`)
    }
  }
  const qcow = join(directory, 'writeback.qcow2')
  const overlay = join(directory, 'overlay.qcow2')
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', qcow, '-F', 'qcow2', overlay])
  await run('qemu-io', [
    '-c',
    'write -P 7 1M 2M',
    '-c',
    'discard 20M 4M',
    '-c',
    'write -z 32M 64k',
    '-c',
    'flush',
    overlay,
  ])
  await run('qemu-io', ['-c', 'read -P 7 1M 2M', overlay])
  await run('qemu-img', ['snapshot', '-c', 'before', overlay])
  await run('qemu-img', ['resize', '-q', overlay, '96M'])
  await run('qemu-img', ['commit', '-q', overlay])
  for (const option of ['off', 'metadata', 'falloc', 'full']) {
    const image = join(directory, `${option}.raw`)
    await run('qemu-img', [
      'create',
      '-q',
      '-f',
      'raw',
      '-o',
      `preallocation=${option === 'metadata' ? 'off' : option}`,
      image,
      '8M',
    ])
    facts.push(`preallocation ${option}: ${(await run('stat', ['-c', '%s %b', image])).trim()}`)
  }
  facts.push(`committed: ${(await run('qemu-img', ['check', qcow])).split('\n')[0]}`)
  return facts
}

/** Who has an image open keeps others out (OFD locks), and no longer than that. */
async function locks({ directory }: Place): Promise<string[]> {
  const image = join(directory, 'locked.qcow2')
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', image, '16M'])
  const refusal = async (...args: string[]) => {
    const { code, stderr } = await attempt(args[0] as string, args.slice(1))
    return `${args.slice(0, 2).join(' ')}: ${code} ${/Failed to get "\w+" lock/.exec(stderr)?.[0] ?? 'no lock missing'}`
  }
  const facts: string[] = []
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const holder = spawn('qemu-io', [image], { stdio: ['pipe', 'pipe', 'inherit'] })
    const ended = once(holder, 'exit')
    let said = ''
    holder.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    holder.stdin.write('write 0 64k\n')
    await waitFor('qemu-io', () => said.includes('wrote'))
    facts.push(await refusal('qemu-io', '-c', 'write 0 1k', image))
    facts.push(await refusal('qemu-img', 'check', image))
    facts.push(await refusal('qemu-img', 'info', image))
    facts.push(await refusal('qemu-img', 'info', '-U', image))
    holder.kill(signal)
    await ended
    facts.push(await refusal('qemu-io', '-c', 'write 0 1k', image))
    facts.push(await refusal('qemu-io', '-c', 'write 0 1k', image))
    facts.push(await refusal('qemu-img', 'check', image))
  }
  return facts
}

/** A machine whose root is an image: what it writes is in the image, and the image is sound. */
async function machine({ directory }: Place, cache: Cache): Promise<string[]> {
  const image = join(directory, `root-${cache}.qcow2`)
  const raw = join(directory, `root-${cache}.raw`)
  await shell(
    `truncate -s 256M ${raw}; mkfs.ext4 -q -F ${raw}; qemu-img convert -f raw -O qcow2 ${raw} ${image}; rm ${raw}`,
  )
  const guest = await Guest.start({
    modules: ['virtio_blk', 'ext4'],
    qemuArgs: [
      ...['-drive', `file=${image},format=qcow2,if=none,id=root,cache=${cache},discard=unmap`],
      ...['-device', 'virtio-blk-pci,drive=root'],
    ],
  })
  const facts: string[] = []
  try {
    await guest.check(`mkdir /root/disk; mount -t ext4 /dev/vda /root/disk; cd /root/disk
      mkdir bin work; cp /bin/busybox bin/busybox; ln -s busybox bin/sh`)
    const work = `cd /work; busybox dd if=/dev/urandom of=big bs=1M count=24 2> /dev/null; busybox md5sum big > sum
      i=0; while [ $i -lt 200 ]; do echo $i > small-$i; i=$((i + 1)); done; busybox rm small-1?; busybox sync`
    await guest.check(`chroot /root/disk /bin/sh -c '${work.replaceAll('\n', ';')}'`)
    const { code, stderr } = await attempt('qemu-io', ['-c', 'write 0 1k', image])
    facts.push(`${cache}, while it runs: ${code} ${/Failed to get "\w+" lock/.exec(stderr)?.[0]}`)
    await guest.check(
      'umount /root/disk; mount -t ext4 /dev/vda /root/disk; chroot /root/disk /bin/busybox md5sum -c /work/sum || true',
    )
    facts.push(
      (
        await guest.check('cd /root/disk/work; md5sum -c sum; ls | wc -l; cd /; umount /root/disk')
      ).replaceAll('\n', ' '),
    )
    await guest.powerOff()
  } finally {
    await guest.kill()
  }
  facts.push((await run('qemu-img', ['check', image])).split('\n')[0] as string)
  await run('qemu-img', ['convert', '-O', 'raw', image, raw])
  facts.push(`e2fsck: ${(await attempt('e2fsck', ['-fn', raw])).code}`)
  return facts
}

/** Images of QEMU, as its own tools handle them. */
export const qemuImg: Program = {
  name: 'qemu-img',
  description: 'images of QEMU made, converted, checked, and locked by who has them open',
  needs: ['qemu-img', 'qemu-io', 'cmp'],
  run: async (place) => [...(await images(place)), ...(await locks(place))],
}

/** Machines whose root is an image. */
export const qemu: Program = {
  name: 'qemu',
  description: 'virtual machines whose root is such an image',
  needs: ['qemu-img', 'qemu-io', 'mkfs.ext4', 'e2fsck'],
  run: async (place) => [...(await machine(place, 'writeback')), ...(await machine(place, 'none'))],
}
