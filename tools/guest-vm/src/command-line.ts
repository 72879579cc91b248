import type { Kernel } from './assets/kernel.js'
import type { Qemu } from './assets/qemu.js'
import { GuestError } from './guest-error.js'
import { AGENT_PORT } from './initramfs/init-script.js'
import type { GuestMount, GuestOptions } from './options.js'

/** What {@link qemuCommandLine} needs beside the user's options. */
export interface MachineParts {
  readonly qemu: Qemu
  readonly kernel: Kernel
  readonly initramfs: string
  /** Unix socket on which the host listens for the agent. */
  readonly agentSocket: string
  /** Unix socket on which QEMU's monitor listens. */
  readonly monitorSocket: string
  /** Unix socket on which it waits for a machine that another QEMU sends, instead of booting. */
  readonly incoming?: string
  /** Starts every line that the agent itself writes. */
  readonly token: string
}

/**
 * The arguments of QEMU. The console is its standard output; the agent talks through a virtio-serial port, which
 * unlike a serial line loses nothing when one side is slow.
 *
 * @throws GuestError for a mount that cannot be written on a command line.
 */
export function qemuCommandLine(parts: MachineParts, options: GuestOptions): string[] {
  const memory = `${options.memoryMiB ?? 512}M`
  const kernelLine = [
    ...['console=ttyS0', 'quiet', 'loglevel=4', 'panic=0', 'tsc=reliable', 'no_timer_check'],
    `fb.token=${parts.token}`,
    ...(options.kernelArgs ?? []),
  ]
  return [
    ...parts.qemu.args,
    ...['-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-machine', 'q35,memory-backend=memory', '-accel', 'tcg', '-cpu', 'max'],
    ...['-m', memory, '-smp', String(options.cpus ?? 1)],
    ...['-object', `memory-backend-memfd,id=memory,size=${memory},share=on`],
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ...['-chardev', `socket,id=agent,path=${escaped(parts.agentSocket)}`, '-device', 'virtio-serial-pci'],
    ...['-device', `virtserialport,chardev=agent,name=${AGENT_PORT}`],
    ...['-chardev', `socket,id=monitor,path=${escaped(parts.monitorSocket)},server=on,wait=off`],
    ...['-mon', 'chardev=monitor,mode=control'],
    ...(parts.incoming === undefined ? [] : ['-incoming', `unix:${parts.incoming}`]),
    ...['-kernel', parts.kernel.image, '-initrd', parts.initramfs, '-append', kernelLine.join(' ')],
    ...(options.mounts ?? []).flatMap(mountDevice),
    ...(options.qemuArgs ?? []),
  ]
}

/** The script that mounts what is to be mounted before the first script of the user. */
export function mountScript(mounts: readonly GuestMount[]): string {
  const lines = mounts
    .filter((mount) => mount.at !== false)
    .map((mount) => {
      const at = quoted(mount.at || `/mnt/${mount.tag}`)
      const flags = mount.options === undefined ? '' : `-o ${quoted(mount.options)} `
      return `mkdir -p ${at} && mount -t virtiofs ${flags}${quoted(mount.tag)} ${at}`
    })
  return lines.join(' && ')
}

function mountDevice(mount: GuestMount, index: number): string[] {
  if (!/^[\w.-]{1,36}$/.test(mount.tag))
    throw new GuestError(`not a tag for a guest: ${JSON.stringify(mount.tag)}`)
  const queueSize = mount.queueSize === undefined ? '' : `,queue-size=${mount.queueSize}`
  const queues = `num-request-queues=${mount.requestQueues ?? 1}${queueSize}`
  return [
    ...['-chardev', `socket,id=fs${index},path=${escaped(mount.socket)}`],
    ...['-device', `vhost-user-fs-pci,chardev=fs${index},tag=${mount.tag},${queues}`],
  ]
}

/** A comma in a value of a QEMU option is written twice. */
const escaped = (value: string) => value.replaceAll(',', ',,')

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
