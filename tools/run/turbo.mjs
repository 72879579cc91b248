// node tools/run/turbo.mjs TASK [ARGS]
//
// Runs a task of turbo.json in all packages, and says of each that failed what it said. turbo itself needs pnpm, which
// need not be installed.
import { spawnSync } from 'node:child_process'
import { pnpmCommand, turboEnv } from './lib/pnpm.mjs'
import { root } from './lib/root.mjs'

// Without --continue a failure interrupts the builds of other packages half-way.
const flags = ['--continue=dependencies-successful', '--output-logs=errors-only', '--log-order=grouped']
const [program, args] = pnpmCommand(['exec', 'turbo', 'run', ...process.argv.slice(2), ...flags])
const env = { ...process.env, ...turboEnv }
process.exitCode = spawnSync(program, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1
