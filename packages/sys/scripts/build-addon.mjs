// Builds the native addon with node-gyp and puts it where the loader looks for it:
// prebuilds/linux-<arch>/@fb+sys.<libc>.node
//
//   node scripts/build-addon.mjs          build unless the binary there is that of these sources
//   node scripts/build-addon.mjs --force  build in any case
//   node scripts/build-addon.mjs --asan   build with AddressSanitizer into .cache/asan, for the tests
//
// binding.gyp is not at the root of the package on purpose: package managers take one there for an install
// script, and run it or refuse the package. It is built in a directory of its own under .cache.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const asan = process.argv.includes('--asan')
const force = process.argv.includes('--force')
const native = join(root, 'src', 'native')
const workDir = join(root, '.cache', asan ? 'asan' : 'release')
const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
const outDir = join(asan ? workDir : root, 'prebuilds', `linux-${process.arch}`)
const outFile = join(outDir, `@fb+sys.${libc}.node`)

// The binary ends with a digest of what it was built from: no separate stamp can get lost or lie.
function sourceMark() {
  const hash = createHash('sha256')
  for (const name of readdirSync(native).sort()) {
    hash
      .update(name)
      .update('\0')
      .update(readFileSync(join(native, name)))
      .update('\0')
  }
  return `\nfb-sys-source:${hash.digest('hex')}\n`
}

// The same file, seen from the directory above the sources.
function gypFile() {
  return readFileSync(join(native, 'binding.gyp'), 'utf8').replace(/"(\w+\.cc)"/g, '"native/$1"')
}

function isUpToDate(mark) {
  return existsSync(outFile) && readFileSync(outFile).subarray(-mark.length).toString('latin1') === mark
}

// Two builds at once in one directory would overwrite each other's objects.
function withLock(action) {
  const lock = join(workDir, 'lock')
  mkdirSync(workDir, { recursive: true })
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      if (!isAlive(Number(readFileSync(lock, { encoding: 'utf8', flag: 'a+' }))))
        rmSync(lock, { force: true })
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    }
  }
  try {
    action()
  } finally {
    rmSync(lock, { force: true })
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return pid > 0
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function nodeGyp(...args) {
  const env = { ...process.env }
  // A nodedir of the environment beats the command line, and pnpm passes on none: so the headers that came with
  // this very Node are named here. Without them node-gyp downloads its own.
  const nodedir = dirname(dirname(process.execPath))
  if (existsSync(join(nodedir, 'include', 'node', 'node_api.h'))) env.npm_config_nodedir = nodedir
  const result = spawnSync(...nodeGypCommand(args), { cwd: workDir, env, stdio: 'inherit' })
  if (result.error !== undefined) throw result.error
  if (result.status !== 0) process.exit(result.status ?? 1)
}

// Where the package is installed rather than developed, node-gyp is not at hand and npx fetches it.
function nodeGypCommand(args) {
  try {
    return [process.execPath, [createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js'), ...args]]
  } catch {
    return ['npx', ['--yes', 'node-gyp@12.4.0', ...args]]
  }
}

const mark = sourceMark()
if (!force && isUpToDate(mark)) {
  process.stdout.write(`${outFile} is up to date\n`)
} else {
  withLock(() => {
    if (!force && isUpToDate(mark)) return
    rmSync(join(workDir, 'native'), { force: true })
    symlinkSync(native, join(workDir, 'native'))
    writeFileSync(join(workDir, 'binding.gyp'), gypFile())
    nodeGyp('configure', '--', `-Dfb_sys_asan=${asan ? 1 : 0}`)
    nodeGyp('build', '-j', 'max')
    // Moved, not copied: a binary left in build/Release would be loaded before the one in prebuilds/.
    const built = join(workDir, 'build', 'Release', 'fb_sys.node')
    appendFileSync(built, mark)
    mkdirSync(outDir, { recursive: true })
    renameSync(built, outFile)
  })
}
