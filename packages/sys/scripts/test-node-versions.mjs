// Loads the one built binary in every Node.js that is supported and runs test/smoke.mjs and test/battery.mjs there.
//
//   node scripts/test-node-versions.mjs [<path of a node binary> ...]
//
// Without arguments: this Node.js, and the newest 22, 24 and 26 as packages of npm, kept in the user's cache folder.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAJORS = [22, 24, 26]
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

function fetched(major) {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'fb-sys', `node-${major}`)
  const name = `node-linux-${process.arch}`
  const binary = join(cache, 'node_modules', name, 'bin', 'node')
  if (!existsSync(binary)) {
    mkdirSync(cache, { recursive: true })
    const args = ['install', '--prefix', cache, '--no-audit', '--no-fund', '--no-save', `${name}@${major}`]
    execFileSync('npm', args, { stdio: 'inherit' })
  }
  return binary
}

function run(node, script, ...args) {
  const cwd = mkdtempSync(join(tmpdir(), 'fb-sys-'))
  try {
    return spawnSync(node, [join(root, 'test', script), ...args], { encoding: 'utf8', cwd })
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

const binaries = process.argv.length > 2 ? process.argv.slice(2) : [process.execPath, ...MAJORS.map(fetched)]
for (const node of binaries) {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  process.stdout.write(`Node.js ${version} (${node})\n`)
  const smoke = run(node, 'smoke.mjs')
  process.stdout.write(smoke.stdout + smoke.stderr)
  const battery = run(node, 'battery.mjs', root)
  const report = battery.status === 0 ? JSON.parse(battery.stdout) : { calls: 0, problems: [battery.stderr] }
  process.stdout.write(`  battery: ${report.calls} calls, ${report.problems.length} problems\n`)
  for (const problem of report.problems) process.stdout.write(`    ${problem}\n`)
  if (smoke.status !== 0 || report.problems.length > 0) {
    process.stdout.write(
      `  FAILED: smoke ${smoke.status ?? smoke.signal}, battery ${battery.status ?? battery.signal}\n`,
    )
    process.exitCode = 1
  }
}
