import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './root.mjs'

/** @typedef {import('./summary.mjs').TestResult} TestResult */

/**
 * Runs vitest over all projects.
 *
 * One test file at a time: many of them mount, boot virtual machines or measure descriptors of the whole machine.
 *
 * @param {readonly string[]} args further arguments of vitest
 * @param {'inherit' | 'ignore'} [output] what becomes of its output
 * @returns {Promise<{ result: TestResult, succeeded: boolean }>}
 */
export async function runTests(args, output = 'inherit') {
  const directory = mkdtempSync(join(tmpdir(), 'fb-test-'))
  const file = join(directory, 'result.json')
  try {
    const succeeded = await vitest(args, file, output)
    return { result: read(file), succeeded }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * @param {readonly string[]} args
 * @param {string} file
 * @param {'inherit' | 'ignore'} output
 * @returns {Promise<boolean>} whether it ended with exit code 0
 */
function vitest(args, file, output) {
  const reporters = ['--reporter=default', `--reporter=${join(root, 'tools/run/lib/result-reporter.mjs')}`]
  const program = join(root, 'node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [program, 'run', '--no-file-parallelism', ...reporters, ...args], {
    cwd: root,
    env: { ...process.env, FB_TEST_RESULT: file },
    stdio: ['ignore', output, output],
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code === 0))
  })
}

/**
 * @param {string} file
 * @returns {TestResult}
 */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { files: [], errors: ['vitest ended before it had run a single test file'] }
  }
}
