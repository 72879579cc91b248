import { splitOptions } from './escape.js'
import { MountOptionError } from './mount-option-error.js'
import { type MountOptions, resolveMountOptions } from './mount-options.js'

/** Options that are on or off. */
const SWITCHES: Readonly<Record<string, MountOptions>> = {
  allow_other: { allowOther: true },
  allow_root: { allowRoot: true },
  default_permissions: { defaultPermissions: true },
  ro: { ro: true },
  rw: { ro: false },
  suid: { suid: true },
  nosuid: { suid: false },
  dev: { dev: true },
  nodev: { dev: false },
  exec: { exec: true },
  noexec: { exec: false },
  sync: { sync: true },
  async: { sync: false },
  dirsync: { dirsync: true },
  atime: { atime: true },
  noatime: { atime: false },
  diratime: { diratime: true },
  nodiratime: { diratime: false },
  relatime: { relatime: true },
  norelatime: { relatime: false },
  strictatime: { strictatime: true },
  nostrictatime: { strictatime: false },
  lazytime: { lazytime: true },
  nolazytime: { lazytime: false },
  symfollow: { symfollow: true },
  nosymfollow: { symfollow: false },
  blkdev: { blkdev: true },
  auto_unmount: { autoUnmount: true },
}

/** Options with a value, by what the value is. */
const TEXTS: Readonly<Record<string, (value: string) => MountOptions>> = {
  fsname: (fsname) => ({ fsname }),
  subtype: (subtype) => ({ subtype }),
  context: (context) => ({ context }),
  fscontext: (fscontext) => ({ fscontext }),
  defcontext: (defcontext) => ({ defcontext }),
  rootcontext: (rootcontext) => ({ rootcontext }),
}
const NUMBERS: Readonly<Record<string, (value: number) => MountOptions>> = {
  max_read: (maxRead) => ({ maxRead }),
  blksize: (blksize) => ({ blksize }),
}

/** What the mount itself says to the kernel. */
const RESERVED = new Set(['fd', 'rootmode', 'user_id', 'group_id'])

/** What mount(8) and fstab(5) take for themselves: who may mount, and when. */
const FOR_OTHERS: ReadonlySet<string> = new Set([
  ...[
    'defaults',
    'auto',
    'noauto',
    'user',
    'nouser',
    'users',
    'nousers',
    'owner',
    'noowner',
    'group',
    'nogroup',
  ],
  ...['nofail', '_netdev', 'comment', 'uhelper', 'helper'],
])

/**
 * Reads the argument of `-o`: the mount options of libfuse (mount.fuse3(8)), separated by commas, `\,` and `\\` for
 * a comma and a backslash. Later ones win; what fstab(5) says to others (`x-*`, `user`, `nofail` ...) is passed over.
 * Throws {@link MountOptionError} for what is unknown, has no value, or does not go together.
 *
 * @example parseMountOptions('ro,fsname=a\\,b') // { ro: true, fsname: 'a,b' }
 */
export function parseMountOptions(text: string): MountOptions {
  const options: MountOptions = {}
  for (const item of splitOptions(text)) {
    if (!isForOthers(item)) Object.assign(options, parseItem(item))
  }
  checkTogether(options)
  return options
}

/** As `resolveMountOptions`, in the words of `-o`. */
function checkTogether(options: MountOptions): void {
  try {
    resolveMountOptions(options)
  } catch (error) {
    if (!(error instanceof MountOptionError)) throw error
    const message = error.message.replace(/\b[a-z]+(?:[A-Z][a-z]+)+\b/g, snakeCase)
    throw new MountOptionError(message, error.option)
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function isForOthers(item: string): boolean {
  return item.startsWith('x-') || FOR_OTHERS.has(item.split('=', 1)[0] ?? '')
}

function parseItem(item: string): MountOptions {
  const equals = item.indexOf('=')
  const name = equals < 0 ? item : item.slice(0, equals)
  if (RESERVED.has(name)) throw new MountOptionError(`mount option ${name} is set by the mount itself`, name)
  const asSwitch = own(SWITCHES, name)
  if (asSwitch !== undefined) {
    if (equals >= 0) throw new MountOptionError(`mount option ${name} takes no value`, name)
    return asSwitch
  }
  const asText = own(TEXTS, name)
  const asNumber = own(NUMBERS, name)
  if (asText === undefined && asNumber === undefined) {
    throw new MountOptionError(`unknown mount option ${JSON.stringify(name)}`, name)
  }
  const value = equals < 0 ? '' : item.slice(equals + 1)
  if (value === '') throw new MountOptionError(`mount option ${name} needs a value: ${name}=...`, name)
  if (asText !== undefined) return asText(value)
  if (!/^[0-9]{1,10}$/.test(value)) {
    throw new MountOptionError(
      `mount option ${name} needs a whole number, not ${JSON.stringify(value)}`,
      name,
    )
  }
  return asNumber?.(Number(value)) ?? {}
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
