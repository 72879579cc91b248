import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Serving } from '../server/protocol.js'
import type { Population } from './layout.js'

/** What one process that worked in the tree has counted. */
export interface WorkerCounts {
  readonly rounds: number
  /** Contents that were compared. */
  readonly checks: number
  readonly writes: number
  readonly lists: number
  /** How often a mount that comes and goes was there, and was not. */
  readonly seen: number
  readonly gone: number
  /** Open files whose mount was taken away. */
  readonly goneOpen: number
}

/** A way in which a connection ends, whatever the client knows then. */
export interface Ending {
  readonly what: string
  /** Whether programs are at work when it comes. */
  readonly busy: boolean
  end(): Promise<void>
  /** Begins another connection, where that can be. */
  again?(): Promise<void>
}

/** A kernel in which programs use the tree. */
export interface Client {
  readonly serving: Serving
  /** Each of the ways in which its connections end; after the last there is none any more. */
  readonly endings: readonly Ending[]
  /** Milliseconds between changes: those that nobody is told of would leave nothing standing for long enough to be used. */
  readonly pause: number
  /** Starts using the tree, which is being served. */
  connect(): Promise<void>
  /** Has processes work for so many seconds. Throws what one of them finds wrong. */
  work(workers: number, seconds: number, population: Population): Promise<WorkerCounts[]>
  /** Makes the kernel forget whatever nobody uses. */
  forget(): Promise<void>
  /** Inodes of FUSE file systems that the kernel holds: of all of them, also those of others. */
  inodes(): Promise<number>
  /** Lets go of whatever it has. */
  close(): Promise<void>
}

/** Compiles the program that works in the tree, so that it also runs where there are no libraries. Seen from `dist`. */
export function compileWorker(directory: string): string {
  const worker = join(directory, 'worker')
  const code = fileURLToPath(new URL('../native/worker.cc', import.meta.url))
  execFileSync('g++', ['-O2', '-std=c++17', '-static', '-o', worker, code], { stdio: 'pipe' })
  return worker
}

/** Arguments of the worker. */
export function workerArguments(
  root: string,
  seconds: number,
  seed: number,
  population: Population,
): string[] {
  const { stable, changing, nested } = population
  return [root, ...[seconds, seed, stable, changing, nested].map(String)]
}

/** Reads what a worker printed. Throws what was wrong. */
export function parseCounts(output: string): WorkerCounts {
  const last = output.trim().split('\n').at(-1) ?? ''
  if (!last.startsWith('{')) throw new Error(`a worker ended with: ${output.trim()}`)
  return JSON.parse(last) as WorkerCounts
}

/** Inodes in the line of /proc/slabinfo for FUSE. */
export function parseSlab(slabinfo: string): number {
  return Number(/^fuse_inode\s+(\d+)/m.exec(slabinfo)?.[1] ?? Number.NaN)
}
