import { type TreeArguments, type TreeOptions, toControlError, treeOptions } from '@fb/control'
import { type Command, CommanderError, InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { ExitCode } from './exit-code.js'
import { UsageError } from './usage-error.js'

/**
 * Parses the arguments after the program's name into `command`, and writes nothing. Throws {@link UsageError}, also where
 * help or the version is asked for.
 */
export function parseCommandLine(command: Command, argv: readonly string[]): void {
  let text = ''
  command.exitOverride().configureOutput({ writeOut: (out) => (text += out), writeErr: () => {} })
  try {
    command.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) throw new UsageError(text.trimEnd(), ExitCode.OK)
    const reason = error.message.replace(/^error: /, '').replaceAll('\n', ' ')
    throw new UsageError(`${reason} (see --help)`)
  }
}

/** The number that is given for an option of commander, which tells of what is none. */
export function parseNumber(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value))
    throw new InvalidArgumentError(`'${text}' is not a number.`)
  return value
}

/** The options as a schema wants them. Throws {@link UsageError} with the name of the first that is wrong. */
export function checkOptions<T>(schema: z.ZodType<T>, given: unknown): T {
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const name = issue?.path.map((part) => kebab(String(part))).join('.') ?? ''
  throw new UsageError(`--${name}: ${issue?.message ?? 'not valid'} (see --help)`)
}

/**
 * The tree that a command line with the options of `addTreeOptions` asks for; `undefined` where it asks for none. Throws
 * {@link UsageError}.
 */
export function readTree(given: TreeArguments): TreeOptions | undefined {
  try {
    return treeOptions(given)
  } catch (error) {
    const { code, message } = toControlError(error)
    throw new UsageError(message, code === 'EINVAL' ? ExitCode.USAGE : ExitCode.NO_INPUT)
  }
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
