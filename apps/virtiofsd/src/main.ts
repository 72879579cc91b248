#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { ExitCode } from './exit-code.js'
import { parseOptions } from './options.js'
import { FatalError, serve } from './serve.js'
import { UsageError } from './usage-error.js'

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

async function main(): Promise<ExitCode> {
  try {
    await serve(parseOptions(process.argv.slice(2), version()))
    return ExitCode.OK
  } catch (error) {
    if (error instanceof UsageError && error.exitCode === ExitCode.OK) {
      console.log(error.message)
      return ExitCode.OK
    }
    if (error instanceof UsageError || error instanceof FatalError) {
      console.error(`virtiofsd: ${error.message}`)
      return error.exitCode as ExitCode
    }
    console.error('virtiofsd: a defect of the daemon:', error)
    return ExitCode.SOFTWARE
  }
}

process.exitCode = await main()
