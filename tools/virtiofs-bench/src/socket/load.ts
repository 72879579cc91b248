import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Compiles the program that loads a daemon into `directory`. Seen from `dist` and from `src`. */
export function compileLoad(directory: string): string {
  const load = join(directory, 'load')
  const up = import.meta.url.endsWith('/src/socket/load.ts') ? '../..' : '..'
  const code = fileURLToPath(new URL(`${up}/native/load.cc`, import.meta.url))
  execFileSync('g++', ['-O2', '-std=c++17', '-Wall', '-Wextra', '-Werror', '-o', load, code])
  return load
}

/** The workloads that it has. */
export function loadWorkloads(load: string): string[] {
  return execFileSync(load, ['list'], { encoding: 'utf8' }).trim().split('\n')
}
