import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ExitCode, FatalError, parseCommandLine, runInBackground, UsageError } from '@fb/daemon'
import {
  escapeOption,
  MountError,
  MountOptionError,
  parseMountOptions,
  remount,
  splitOptions,
} from '@fb/transport-fusedev'
import { Command } from 'commander'
import { readMountWords } from './mount-words.js'
import { parseOptions } from './options.js'

const NAME = 'mount.fuse.fb'
/** Exit codes of mount(8). */
const USAGE = 1
const FAILED = 32
/** What the kernel adds to the options of a mount, and mount(8) gives back at a remount. */
const OF_THE_KERNEL = /^(?:fd|rootmode|user_id|group_id|blksize|max_read)(?:=|$)/

interface HelperOptions {
  readonly o: readonly string[]
  readonly t?: string
  readonly s?: true
  readonly f?: true
  readonly v?: true
}

process.exitCode = await main(process.argv.slice(2))

/** As mount(8) calls its helpers: `mount.TYPE SOURCE TARGET [-sfnv] [-o options] [-t type]`. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    const program = command()
    parseCommandLine(program, argv)
    const [source = '', target = ''] = program.args
    const options = program.opts<HelperOptions>()
    await run(source, target, options)
    return ExitCode.OK
  } catch (error) {
    return report(error)
  }
}

function command(): Command {
  const collect = (text: string, before: readonly string[]): string[] => [...before, text]
  return new Command(NAME)
    .description('Mount a directory at another place, as mount(8) and fstab(5) ask for it (type fuse.fb).')
    .argument('<source>', 'directory or file to serve')
    .argument('<target>', 'where to mount it')
    .option('-o <options>', 'mount options; fusedev-daemon --help has more', collect, [])
    .option('-t <type>', 'type of the mount: fuse.SUBTYPE')
    .option('-s', 'pass over options that nobody knows')
    .option('-f', 'check the options, and mount nothing')
    .option('-n', 'accepted: there is no mtab to write to')
    .option('-v', 'say what is done')
}

async function run(source: string, target: string, options: HelperOptions): Promise<void> {
  const items = options.o.flatMap(splitOptions)
  if (items.includes('remount')) return await remountWith(target, items, options)
  const text = daemonWords(items, options).map(escapeOption).join(',')
  const argv = ['--background', ...(text === '' ? [] : ['-o', text]), '--', source, target]
  const { notes, mountOptions } = parseOptions(argv, version())
  parseMountOptions(mountOptions.join(','))
  for (const note of notes) console.error(`${NAME}: ${note}`)
  if (options.v) console.error(`${NAME}: fusedev-daemon ${argv.join(' ')}`)
  if (options.f) return
  await runInBackground(fileURLToPath(new URL('./main.js', import.meta.url)), argv)
}

/** Changes the flags of the mount; what the daemon was told when it started holds on. */
async function remountWith(target: string, items: readonly string[], options: HelperOptions): Promise<void> {
  const given = items.filter((item) => item !== 'remount' && !OF_THE_KERNEL.test(item))
  const { mountOptions } = readMountWords([daemonWords(given, options).map(escapeOption).join(',')])
  const wanted = parseMountOptions(mountOptions.join(','))
  if (options.v) console.error(`${NAME}: remounts ${target}`)
  if (!options.f) await remount(target, wanted)
}

/** The options for the daemon, with what mount.fuse3(8) adds and leaves out. */
function daemonWords(given: readonly string[], { t: type, s: sloppy }: HelperOptions): string[] {
  const items = sloppy === true ? given.filter(isKnown) : [...given]
  if (process.getuid?.() === 0) {
    // Whoever mounts as root and is not to have these says so.
    for (const word of ['suid', 'dev']) if (!items.includes(`no${word}`)) items.push(word)
  }
  const subtype = type?.replace(/^fuse(?:blk)?\.?/, '') ?? ''
  if (subtype !== '' && !items.some((item) => item.startsWith('subtype='))) items.push(`subtype=${subtype}`)
  return items
}

/** Whether an option means something by itself; one that nobody knows is told, for it was mount(8) that had it passed over. */
function isKnown(item: string): boolean {
  try {
    for (const text of readMountWords([escapeOption(item)]).mountOptions) parseMountOptions(text)
    return true
  } catch (error) {
    if (!(error instanceof MountOptionError) || !error.message.startsWith('unknown')) return true
    console.error(`${NAME}: ${error.message} is passed over`)
    return false
  }
}

function report(error: unknown): number {
  if (error instanceof MountOptionError) return report(new UsageError(`-o: ${error.message}`))
  if (error instanceof MountError) return report(new FatalError(error.message, ExitCode.UNAVAILABLE))
  if (!(error instanceof FatalError)) {
    console.error(`${NAME}: a defect:`, error)
    return ExitCode.SOFTWARE
  }
  if (error.exitCode === ExitCode.OK) {
    console.log(error.message)
    return ExitCode.OK
  }
  // The daemon has told why it ended.
  if (error.message !== '') console.error(`${NAME}: ${error.message}`)
  return error.exitCode === ExitCode.USAGE ? USAGE : FAILED
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
