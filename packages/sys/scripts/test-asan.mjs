// Runs the tests with a build of the addon that AddressSanitizer watches. Arguments are passed on to vitest.
//
// Leaks at exit are not looked for: Node.js keeps memory until its end on purpose. leaks.test.ts does that part.
import { execFileSync, spawnSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
execFileSync(process.execPath, [join(root, 'scripts', 'build-addon.mjs'), '--asan'], { stdio: 'inherit' })

const runtime = execFileSync(process.env.CXX ?? 'g++', ['-print-file-name=libasan.so'], {
  encoding: 'utf8',
}).trim()
const require = createRequire(join(root, 'package.json'))
const vitest = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs')
const env = {
  ...process.env,
  // The sanitizer must be there before the program that loads the addon.
  LD_PRELOAD: realpathSync(runtime),
  // A small quarantine of freed memory keeps the growth that leaks.test.ts measures that of the program; SIGBUS is
  // the addon's own to handle.
  ASAN_OPTIONS: [
    'detect_leaks=0',
    'quarantine_size_mb=4',
    'thread_local_quarantine_size_kb=64',
    'handle_sigbus=0',
    'abort_on_error=1',
  ].join(':'),
  // Where node-gyp-build looks instead of the package.
  '@FB/SYS_PREBUILD': join(root, '.cache', 'asan'),
}
const resolved = "process.stdout.write(require('node-gyp-build').resolve('.'))"
const loaded = execFileSync(process.execPath, ['-e', resolved], { cwd: root, env, encoding: 'utf8' })
if (!loaded.includes(join('.cache', 'asan'))) throw new Error(`the tests would load ${loaded}`)

const result = spawnSync(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
  cwd: root,
  env,
  stdio: 'inherit',
})
if (result.error !== undefined) throw result.error
process.exitCode = result.status ?? 1
