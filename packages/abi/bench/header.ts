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

// Steps return nothing: a returned number above 2^31 would be an allocation of the bench itself.
function measure(name: string, step: (at: number) => void): void {
  for (let i = 0; i < rounds / 10; i++) step((i & 31) * 128)
  const start = process.hrtime.bigint()
  for (let i = 0; i < rounds; i++) step((i & 31) * 128)
  const nanoseconds = Number(process.hrtime.bigint() - start) / rounds
  console.log(`${name.padEnd(20)} ${nanoseconds.toFixed(1).padStart(6)} ns`)
}

measure('FuseInHeader.decode', (at) => {
  FuseInHeader.decode(view, at, header)
})
measure('FuseReadIn.decode', (at) => {
  FuseReadIn.decode(view, at + FuseInHeader.size, read)
})
measure('FuseEntryOut.decode', (at) => {
  FuseEntryOut.decode(view, at & 2047, entry)
})
measure('FuseEntryOut.encode', (at) => {
  FuseEntryOut.encode(view, at & 2047, entry)
})
