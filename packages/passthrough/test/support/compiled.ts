import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import ts from 'typescript'

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))
/** Not below `src`, and where the packages that the sources import are found. */
const CACHE = join(PACKAGE, 'node_modules', '.cache')

/** The sources as JavaScript, for threads: those do not go through the test runner. */
export class Compiled {
  readonly #directory: string
  #scripts = 0

  constructor() {
    mkdirSync(CACHE, { recursive: true })
    this.#directory = mkdtempSync(join(CACHE, 'compiled-'))
    chmodSync(this.#directory, 0o755)
    writeFileSync(join(this.#directory, 'package.json'), '{"type":"module"}')
    const sources = readdirSync(join(PACKAGE, 'src'), { recursive: true, encoding: 'utf8' })
    for (const name of sources) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue
      const text = readFileSync(join(PACKAGE, 'src', name), 'utf8')
      const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
      const target = join(this.#directory, name.replace(/\.ts$/, '.js'))
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(target, ts.transpileModule(text, { compilerOptions: options }).outputText)
    }
  }

  /**
   * Runs `script` in `count` threads at once, each with `workerData` and its own `thread` number. The script imports
   * from './index.js' and the like, and posts one message: its result. All results, in the order of the threads.
   */
  async run<T>(count: number, script: string, workerData: object): Promise<T[]> {
    const file = this.#write(`import { parentPort, workerData } from 'node:worker_threads'\n${script}`)
    return Promise.all(
      Array.from({ length: count }, (_, thread) => {
        const worker = new Worker(file, { workerData: { ...workerData, thread } })
        return new Promise<T>((resolve, reject) => {
          worker.once('message', resolve)
          worker.once('error', reject)
          worker.once('exit', (status) => reject(new Error(`a thread ended with ${status} and no result`)))
        }).finally(() => worker.terminate())
      }),
    )
  }

  /**
   * Runs `script` in a process of the user `uid`, whose home it has nowhere to be. It imports as in `run` and prints its
   * result as JSON.
   */
  runAs(uid: number, script: string, ...args: string[]): unknown {
    const file = this.#write(script)
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
      uid,
      gid: uid,
      cwd: '/',
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`status ${status}: ${stderr}`)
    return JSON.parse(stdout)
  }

  #write(script: string): string {
    this.#scripts += 1
    const file = join(this.#directory, `script${this.#scripts}.js`)
    writeFileSync(file, script)
    return file
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true })
  }
}
