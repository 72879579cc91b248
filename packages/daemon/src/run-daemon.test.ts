import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const INDEX = new URL('../dist/index.js', import.meta.url).href

/** Runs a daemon whose `serve` is given as text. */
function run(serve: string, ...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const program = `
    import { ExitCode, FatalError, runDaemon, UsageError } from '${INDEX}'
    const manifest = new URL('../package.json', '${INDEX}')
    await runDaemon({ name: 'mine', manifest, serve: async (argv, version) => { ${serve} } })
  `
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', program, 'argv0', ...args],
    { encoding: 'utf8' },
  )
  return { code: status, stdout, stderr }
}

test('hands over the arguments and the version, and ends with 0', () => {
  const { code, stdout, stderr } = run('console.log(argv.join(), version)', 'one', 'two')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^one,two \d+\.\d+\.\d+\n$/)
})

test.each([
  ["throw new UsageError('no source')", 64, '', 'mine: no source\n'],
  ["throw new UsageError('usage: mine', ExitCode.OK)", 0, 'usage: mine\n', ''],
  ["throw new FatalError('no mount', ExitCode.NO_PERMISSION)", 77, '', 'mine: no mount\n'],
])('%s: one line and exit code %d', (serve, code, stdout, stderr) => {
  expect(run(serve)).toEqual({ code, stdout, stderr })
})

test('a defect is told with its stack', () => {
  const { code, stderr } = run("throw new TypeError('oops')")
  expect(code).toBe(70)
  expect(stderr).toMatch(/^mine: a defect of the daemon: TypeError: oops\n +at /)
})

test('runs ctl in place of the daemon', () => {
  const { code, stdout } = run("console.log('served')", 'ctl', '--help')
  expect(code).toBe(0)
  expect(stdout).toMatch(/mine ctl/)
  expect(stdout).not.toMatch(/served/)
})
