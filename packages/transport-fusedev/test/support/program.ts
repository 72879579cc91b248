import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach } from 'vitest'

const started: ChildProcess[] = []

/** Starts a program of test/programs; gives the lines that it prints. It is killed after the test. */
export function program(name: string, ...args: string[]): AsyncIterator<string> {
  const file = fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url))
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(child)
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
}

/** The next line. Throws where the program has ended. */
export async function line(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next()
  if (done === true) throw new Error('the program has ended')
  return value
}

afterEach(async () => {
  for (const child of started.splice(0)) {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) {
      await new Promise((resolve) => child.once('exit', resolve))
    }
  }
})
