#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { ctlMain } from '@fb/control'
import { ExitCode } from './exit-code.js'
import { FatalError } from './fatal-error.js'
import { parseOptions } from './options.js'
import { serveDirectory } from './serve-directory.js'
import { isFile, serveFile } from './serve-file.js'
import { serveTree } from './serve-tree.js'
import { UsageError } from './usage-error.js'

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

async function main(argv: readonly string[]): Promise<number> {
  try {
    if (argv[0] === 'ctl') return await ctlMain(argv.slice(1), 'virtiofsd')
    const options = parseOptions(argv, version())
    if (options.tree !== undefined) await serveTree(options, version())
    else if (isFile(options.sharedDir)) await serveFile(options, version())
    else await serveDirectory(options)
    return ExitCode.OK
  } catch (error) {
    if (error instanceof UsageError && error.exitCode === ExitCode.OK) {
      console.log(error.message)
      return ExitCode.OK
    }
    if (error instanceof UsageError || error instanceof FatalError) {
      console.error(`virtiofsd: ${error.message}`)
      return error.exitCode
    }
    console.error('virtiofsd: a defect of the daemon:', error)
    return ExitCode.SOFTWARE
  }
}

// Whoever started the daemon need not be there to read what it says.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
// Node would open its debugger, to everybody on this machine.
process.on('SIGUSR1', () => {})
process.exitCode = await main(process.argv.slice(2))
