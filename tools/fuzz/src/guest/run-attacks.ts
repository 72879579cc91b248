import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Attack, attacks } from './attacks.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** What {@link runAttacks} found. */
export interface Outcome {
  readonly inputs: number
  /** Names of the tests that failed. */
  readonly failed: readonly string[]
}

/** What a test says that it did; `undefined` for any other line. */
export function attacked(line: string): { inputs: number; rssMiB: number[] } | undefined {
  const text = /^\s*attacked (\{.*\})$/.exec(line)?.[1]
  return text === undefined ? undefined : (JSON.parse(text) as { inputs: number; rssMiB: number[] })
}

/** Sends at least `inputs` hostile inputs, spread over all {@link attacks}, and prints what the tests say. */
export async function runAttacks(inputs: number, seed: number): Promise<Outcome> {
  let sent = 0
  const failed: string[] = []
  for (const attack of attacks) {
    console.log(`${attack.folder}: ${attack.test}`)
    const { count, code } = await runAttack(attack, Math.ceil(inputs * attack.share), seed)
    sent += count
    if (code !== 0 || count === 0) failed.push(attack.test)
  }
  return { inputs: sent, failed }
}

async function runAttack(
  attack: Attack,
  inputs: number,
  seed: number,
): Promise<{ count: number; code: number }> {
  const { folder, file, test, variables } = attack
  const child = spawn(process.execPath, [`${ROOT}/node_modules/vitest/vitest.mjs`, 'run', file, '-t', test], {
    cwd: `${ROOT}/packages/${folder}`,
    env: { ...process.env, ...variables(inputs, seed) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let count = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const found = attacked(line)
    count += found?.inputs ?? 0
    if (found !== undefined || /_SEED=|FAIL|Error|passed|failed/.test(line)) console.log(line)
  }
  if (child.exitCode === null) await once(child, 'exit')
  return { count, code: child.exitCode ?? 1 }
}
