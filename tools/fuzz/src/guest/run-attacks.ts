import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Attack, attacks } from './attacks.js'

/** The root of the repository: this file is deeper in the sources than in the build. */
const ROOT = ['../../..', '../../../..']
  .map((up) => fileURLToPath(new URL(up, import.meta.url)))
  .find((path) => existsSync(join(path, 'pnpm-workspace.yaml')))

/** What {@link runAttacks} found. */
export interface Outcome {
  readonly inputs: number
  /** Tests that failed. */
  readonly failed: readonly Attack[]
}

/** What a test says that it did. */
export interface Report {
  readonly inputs: number
  /** Of all that was sent; absent where that depends on more than the seed. */
  readonly digest?: string
}

/** What {@link runAttack} found. */
export interface Result {
  readonly report: Report | undefined
  /** Exit code of the test runner. */
  readonly code: number
}

/** Reads what a test says that it did; `undefined` for any other line. */
export function attacked(line: string): Report | undefined {
  const text = /^\s*attacked (\{.*\})$/.exec(line)?.[1]
  return text === undefined ? undefined : (JSON.parse(text) as Report)
}

/** Sends at least `inputs` hostile inputs, spread over all {@link attacks}, and prints what the tests say. */
export async function runAttacks(inputs: number, seed: number): Promise<Outcome> {
  let sent = 0
  const failed: Attack[] = []
  for (const attack of attacks) {
    console.log(`${attack.folder}: ${attack.test}`)
    const { report, code } = await runAttack(attack, Math.ceil(inputs * attack.share), seed)
    sent += report?.inputs ?? 0
    if (code !== 0 || report === undefined) failed.push(attack)
  }
  return { inputs: sent, failed }
}

/** Runs one test with so many inputs. */
export async function runAttack(
  { folder, file, test }: Attack,
  inputs: number,
  seed: number,
): Promise<Result> {
  const child = spawn(process.execPath, [`${ROOT}/node_modules/vitest/vitest.mjs`, 'run', file, '-t', test], {
    cwd: `${ROOT}/${folder}`,
    env: { ...process.env, FB_ATTACK_INPUTS: `${inputs}`, FB_ATTACK_SEED: `${seed}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let report: Report | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    const found = attacked(line)
    report = found ?? report
    if (found !== undefined || /_SEED=|FAIL|Error|passed|failed/.test(line)) console.log(line)
  }
  if (child.exitCode === null) await once(child, 'exit')
  return { report, code: child.exitCode ?? 1 }
}
