import { expect, test } from 'vitest'
import { mountScript, qemuCommandLine } from './command-line.js'
import { GuestError } from './guest-error.js'
import type { GuestOptions } from './options.js'

const parts = {
  qemu: { program: 'qemu', args: ['-L', '/share'], env: {} },
  kernel: { release: '6.1.0', image: '/boot/vmlinuz', modules: '/lib/modules/6.1.0' },
  initramfs: '/tmp/initramfs',
  agentSocket: '/tmp/a,b/agent',
  monitorSocket: '/tmp/a,b/monitor',
  token: 'abc',
}

/** The values that follow an option. */
function values(option: string, options: GuestOptions): string[] {
  const line = qemuCommandLine(parts, options)
  return line.filter((_, index) => line[index - 1] === option)
}

test('each mount is a device with a socket of its own', () => {
  const mounts = [
    { tag: 'one', socket: '/run/one' },
    { tag: 'two', socket: '/run/two', requestQueues: 3, queueSize: 256 },
  ]
  expect(values('-device', { mounts })).toEqual(
    expect.arrayContaining([
      'vhost-user-fs-pci,chardev=fs0,tag=one,num-request-queues=1',
      'vhost-user-fs-pci,chardev=fs1,tag=two,num-request-queues=3,queue-size=256',
    ]),
  )
  expect(values('-chardev', { mounts })).toContain('socket,id=fs1,path=/run/two')
})

test('commas in paths are doubled', () => {
  expect(values('-chardev', {})).toContain('socket,id=agent,path=/tmp/a,,b/agent')
  expect(values('-chardev', {})).toContain('socket,id=monitor,path=/tmp/a,,b/monitor,server=on,wait=off')
})

test('a tag that would change the command line is refused', () => {
  const mounts = [{ tag: 'fs,romfile=/etc/passwd', socket: '/run/one' }]
  expect(() => qemuCommandLine(parts, { mounts })).toThrow(GuestError)
})

test('memory is shared and of the size asked for', () => {
  expect(values('-object', { memoryMiB: 1024 })).toEqual([
    'memory-backend-memfd,id=memory,size=1024M,share=on',
  ])
  expect(values('-m', { memoryMiB: 1024 })).toEqual(['1024M'])
})

test('mounts that are left to the scripts are not in the mount script', () => {
  expect(
    mountScript([
      { tag: 'one', socket: '/s', at: "/mnt/it's", options: 'ro' },
      { tag: 'two', socket: '/s', at: false },
    ]),
  ).toBe("mkdir -p '/mnt/it'\\''s' && mount -t virtiofs -o 'ro' 'one' '/mnt/it'\\''s'")
  expect(mountScript([{ tag: 'two', socket: '/s', at: false }])).toBe('')
})
