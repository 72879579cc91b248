import { FuseEntryOut, FuseInHeader, FuseReadIn } from '../src/index.js'

/*
 * Prints what decoding and encoding cost, in nanoseconds. Run with `pnpm run bench`. Records are reused and the
 * values are ones that a server sees, so that nothing should be allocated.
 */
const rounds = 20_000_000
const bytes = new Uint8Array(4096)
const view = new DataView(bytes.buffer)
const header = FuseInHeader.create()
const read = FuseReadIn.create()
const entry = FuseEntryOut.create()

for (let at = 0; at < 4096; at += 128) {
  Object.assign(header, {
    len: 80,
    opcode: 15,
    uniqueLow: at * 2,
    nodeid: 0x7f00_0000 + at,
    uid: 1000,
    gid: 1000,
    pid: 4242,
  })
  FuseInHeader.encode(view, at, header)
  FuseReadIn.encode(view, at + FuseInHeader.size, { ...read, fh: 7, offset: 2 ** 33 + at, size: 4096 })
}

function measure(name: string, step: (at: number) => number): void {
  let sum = 0
  for (let i = 0; i < rounds / 10; i++) sum += step((i & 31) * 128)
  const start = process.hrtime.bigint()
  for (let i = 0; i < rounds; i++) sum += step((i & 31) * 128)
  const nanoseconds = Number(process.hrtime.bigint() - start) / rounds
  console.log(`${name.padEnd(24)} ${nanoseconds.toFixed(1).padStart(6)} ns  (checksum ${sum})`)
}

measure('FuseInHeader.decode', (at) => FuseInHeader.decode(view, at, header).nodeid)
measure('FuseReadIn.decode', (at) => FuseReadIn.decode(view, at + FuseInHeader.size, read).offset)
measure('FuseEntryOut.decode', (at) => FuseEntryOut.decode(view, at & 2047, entry).nodeid)
measure('FuseEntryOut.encode', (at) => {
  FuseEntryOut.encode(view, at & 2047, entry)
  return at
})
