/** Something that a guest does in `/mnt`, whose operations are counted. */
export interface Workload {
  readonly name: string
  /** Prepares it, unmeasured. */
  readonly before?: string
  /** Prints the number of operations that it has done. */
  readonly script: string
}

/** Bytes of the file `/mnt/data`, which the host makes: kept by its page cache. */
export const DATA_BYTES = 64 * 1024 * 1024

const FIO = 'fio --name=job --filename=/mnt/data --size=64m --direct=1 --minimal'

/** Random or sequential transfers past the guest's page cache: each is one request, of up to the largest size. */
function transfers(seconds: number, name: string, options: string): Workload {
  const field = /--rw=(rand)?write/.test(options) ? WRITES : READS
  return {
    name,
    script: `${FIO} --time_based --runtime=${seconds} ${options} > /tmp/fio
      awk -F';' '{ printf "%d\\n", $${field.kib} / ${kibOf(options)} }' /tmp/fio`,
  }
}

/** Fields of fio's terse output, version 3. */
const READS = { kib: 6 }
const WRITES = { kib: 47 }

function kibOf(options: string): number {
  const [, number, unit] = /--bs=(\d+)([km])/.exec(options) ?? []
  return Number(number) * (unit === 'm' ? 1024 : 1)
}

/** Shell loops of the guest's own, `count` times; no other program runs. */
function loop(count: number, name: string, body: string, before?: string): Workload {
  const script = `cd /mnt; i=0; while [ $i -lt ${count} ]; do i=$((i + 1)); ${body}; done; echo ${count}`
  return before === undefined ? { name, script } : { name, script, before }
}

/** What is measured, for about so many seconds each. */
export function workloads(seconds: number): Workload[] {
  const count = 1000 * seconds
  return [
    loop(count, 'look a missing name up', '[ -e missing-$i ]'),
    loop(Math.ceil(count / 4), 'make a file', ': > file-$i', 'rm -f /mnt/file-*'),
    loop(count, 'open and close', ': < data'),
    transfers(seconds, 'read 4 KiB, 1 at a time', '--rw=randread --bs=4k --ioengine=psync'),
    transfers(seconds, 'read 4 KiB, 16 at a time', '--rw=randread --bs=4k --ioengine=libaio --iodepth=16'),
    transfers(seconds, 'write 4 KiB, 1 at a time', '--rw=randwrite --bs=4k --ioengine=psync'),
    transfers(seconds, 'write 4 KiB, 16 at a time', '--rw=randwrite --bs=4k --ioengine=libaio --iodepth=16'),
    transfers(seconds, 'read 1 MiB', '--rw=read --bs=1m --ioengine=psync'),
    transfers(seconds, 'write 1 MiB', '--rw=write --bs=1m --ioengine=psync'),
  ]
}
