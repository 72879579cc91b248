import { resolve } from 'node:path'
import type { Command } from 'commander'
import { readConfig } from './config-file.js'
import type { LogLevel } from './log-level.js'
import type { MountSpec } from './mount-spec.js'
import { MOUNT_OPTIONS_HELP, parseMount } from './mount-text.js'

/** Options of a daemon's command line that make it serve a tree. */
export interface TreeArguments {
  /** The texts of every `--mount`, in order. */
  readonly mount: readonly string[]
  readonly config?: string | undefined
  /** A path, or the descriptor of a socket that listens already. */
  readonly controlSocket?: string | number | undefined
}

/** What a tree is served with. */
export interface TreeOptions {
  readonly mounts: readonly MountSpec[]
  /** An absolute path, or the descriptor of a socket that listens already. */
  readonly controlSocket?: string | number | undefined
  /** From the config file: the command line wins over it. */
  readonly logLevel?: LogLevel | undefined
}

/** Adds the options of {@link TreeArguments} to a command. */
export function addTreeOptions(command: Command): Command {
  const collect = (text: string, before: readonly string[]): string[] => [...before, text]
  return command
    .option(
      '--mount <PATH=SOURCE[,option...]>',
      `serve SOURCE at PATH of a tree, again and again; options: ${MOUNT_OPTIONS_HELP}`,
      collect,
      [],
    )
    .option('--config <file>', 'mounts and other settings from a file in YAML or JSON')
    .option('--control-socket <path>', 'Unix socket at which `ctl` can watch and change the tree')
}

/** Reads what the arguments say; `undefined` where none is given. Throws `ControlError`. */
export function treeOptions({ mount, config, controlSocket }: TreeArguments): TreeOptions | undefined {
  if (mount.length === 0 && config === undefined && controlSocket === undefined) return undefined
  const { mounts, ...settings } = config === undefined ? { mounts: [] } : readConfig(config)
  return {
    ...settings,
    ...(controlSocket === undefined ? {} : { controlSocket: absolute(controlSocket) }),
    mounts: [...mounts, ...mount.map(parseMount)],
  }
}

function absolute(socket: string | number): string | number {
  return typeof socket === 'string' ? resolve(socket) : socket
}
