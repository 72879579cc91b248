import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** Runs a shell script in a process of its own, `$1`... being the arguments. What it prints; throws where it fails. */
export async function sh(script: string, ...args: string[]): Promise<string> {
  const { stdout } = await exec('sh', ['-c', script, 'sh', ...args], { maxBuffer: 16 * 1024 * 1024 })
  return stdout
}

/** As {@link sh}, for a script that may fail: its exit code and what it wrote to stderr. */
export async function shStatus(script: string, ...args: string[]): Promise<{ code: number; stderr: string }> {
  try {
    const { stderr } = await exec('sh', ['-c', script, 'sh', ...args])
    return { code: 0, stderr }
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string }
    return { code, stderr }
  }
}

/** Resolves once `condition` holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** A file that another process has open. */
export interface OpenFile {
  /** Reads the file to its end and closes it. What was read; throws where reading fails. */
  finish(): Promise<string>
}

/**
 * Has another process open a file. Not this one: a child that it starts inherits the descriptor and closes it, which asks
 * the server, while the serving thread waits for the child to start.
 */
export async function openElsewhere(path: string): Promise<OpenFile> {
  const child = spawn('sh', ['-c', 'exec 3<"$1" && echo open && read go && cat <&3', 'sh', path], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  let output = ''
  child.stdout.setEncoding('utf8')
  const opened = new Promise<void>((resolve) => {
    child.stdout.on('data', (text: string) => {
      output += text
      resolve()
    })
  })
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  await Promise.race([opened, closed])
  return {
    async finish() {
      child.stdin.end('go\n')
      const code = await closed
      if (code !== 0) throw new Error(`the reader of ${path} ended with ${code}`)
      return output.replace('open\n', '')
    },
  }
}
