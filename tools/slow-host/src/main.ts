import { setTimeout as delay } from 'node:timers/promises'
import { Server } from '@fb/api'
import { wrap } from '@fb/middleware'
import { PassthroughFs } from '@fb/passthrough'
import { FuseSession } from '@fb/transport-fusedev'
import { Command } from 'commander'
import { HangingFs } from './hang.js'

const program = new Command('slow-host')
  .description('Serves SOURCE at MOUNTPOINT so that chosen operations hang (see HangingFs) or are slow.')
  .argument('<source>')
  .argument('<mountpoint>')
  .option('--fsync-ms <n>', 'how long fsync takes', '0')
  .option('--interruptible', 'answer EINTR where an operation that hangs is interrupted', false)
  .parse()
const [source = '', mountpoint = ''] = program.args
const { fsyncMs, interruptible } = program.opts<{ fsyncMs: string; interruptible: boolean }>()
const say = (...words: string[]): void => {
  process.stdout.write(`${words.join(' ')}\n`)
}

const hanging = new HangingFs(new PassthroughFs({ source, cache: 'never', allowMmap: true, locks: false }), {
  onHang: (operation) => say('hangs', operation),
  onInterrupt: (operation) => say('interrupted', operation),
  interruptible,
})
const fs = wrap(hanging.fs, (operation, next) =>
  operation === 'fsync' ? (...args) => delay(Number(fsyncMs)).then(() => next(...args)) : next,
)
process.on('SIGUSR2', () => hanging.release())
const options = { allowOther: true, fsname: 'slow-host', subtype: 'slow-host' }
const session = await FuseSession.mount(mountpoint, { handleSignals: true, ...options })
// Requests are taken one at a time by an event loop, and those that hang hold up no other.
await session.serve(new Server(fs, { notifier: session.notifier }))
say('serves')
await session.closed
