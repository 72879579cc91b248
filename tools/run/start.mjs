// npm start [-- [OPTIONS] [SOURCE MOUNTPOINT]]
//
// Installs and builds what is missing and serves a directory through /dev/fuse until Ctrl-C. Without SOURCE and
// MOUNTPOINT it serves a sample in a temporary directory. Options are those of apps/fusedev-daemon.
import { existsSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from './lib/build.mjs'
import { installMissing } from './lib/debian.mjs'
import { checkFuse } from './lib/fuse.mjs'
import { install } from './lib/install.mjs'
import { mountType, unmount } from './lib/mounts.mjs'
import { checkPlatform } from './lib/platform.mjs'
import { runMain } from './lib/problem.mjs'
import { toBuild } from './lib/requirements.mjs'
import { root } from './lib/root.mjs'
import { Sample } from './lib/sample.mjs'
import { say } from './lib/say.mjs'
import { serve } from './lib/serve.mjs'

const daemon = join(root, 'apps/fusedev-daemon/dist/main.js')
const options = process.argv.slice(2)
const informs = options.some((option) => ['-h', '--help', '-V', '--version'].includes(option))
const wantsSample = !informs && options.every((option) => option.startsWith('-'))

/** Serves the sample and takes it away again. */
async function serveSample() {
  const sample = new Sample()
  try {
    say(`The sample is in    ${sample.source}`)
    say(`See it served, in   ${sample.mountpoint}   (from another terminal: ls -l ${sample.mountpoint})`)
    say('Ctrl-C stops the server and removes both. To serve your own: npm start -- SOURCE MOUNTPOINT')
    const args = ['--log-level', 'warn', ...options, sample.source, sample.mountpoint]
    return await serve(daemon, args, process.cwd())
  } finally {
    unmount(sample.mountpoint)
    say(sample.remove() ? 'Stopped.' : `${sample.mountpoint} is still mounted: left as it is`)
  }
}

/** Serves what the user named. npm changes the directory and keeps the user's in INIT_CWD. */
async function serveOwn() {
  const cwd = process.env['INIT_CWD'] ?? process.cwd()
  const named = resolve(cwd, options.at(-1) ?? '')
  const mountpoint = existsSync(named) ? realpathSync(named) : named
  const before = mountType(mountpoint)
  const code = await serve(daemon, options, cwd)
  if (before === undefined && mountType(mountpoint)?.startsWith('fuse')) unmount(mountpoint)
  return code
}

await runMain(async () => {
  checkPlatform()
  if (!informs) await checkFuse()
  await installMissing(toBuild)
  await install()
  await build('@fb/fusedev-daemon')
  return wantsSample ? serveSample() : serveOwn()
})
