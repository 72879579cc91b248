import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The helper of mount(8) that the daemon's package brings. */
const HELPER = join(
  dirname(createRequire(import.meta.url).resolve('@fb/fusedev-daemon/package.json')),
  'share/mount.fuse.fb',
)

/** Quotes a word for the shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/**
 * What every helper begins with. mount(8) calls it as `mount.fuse.fb NAME MOUNTPOINT [-sfnv] -o OPTIONS`. The suite's names have
 * no slash, for it unmounts by them; what they stand for is `$BASE/NAME/source`.
 */
const BEGIN = '#!/bin/sh\nset -e\nname=$1 at=$2; shift 2\nsource=$BASE/$name/source\n'
const ours = `${quoted(HELPER)} "$@" -o "fsname=$name,log_level=warn,log_file=$RESULT_BASE/daemon.log"`

/** Serves the directory with the daemon. */
export function serveDirectory(): string {
  return `${BEGIN}exec ${ours} "$source" "$at"\n`
}

/**
 * Serves a tree with the directory at `inside`, one back end above it and one below it; `/` is the directory alone. The suite sees
 * it as a mount of its own whose name nothing else has.
 *
 * @param backEnd - options of the tested back end, as in the daemon's config file: `inodeFileHandles: never`
 */
export function serveTree(inside: string, backEnd: string): string {
  const tested = `{path: ${inside}, source: $source${backEnd === '' ? '' : `, ${backEnd}`}}`
  const others = [
    `{path: /, source: $BASE/$name/above}`,
    `{path: ${join(inside, 'fb-below')}, source: $BASE/$name/below}`,
  ]
  const mounts = inside === '/' ? [tested] : [tested, ...others]
  return `${BEGIN}case " $*" in *remount*) exec ${quoted(HELPER)} "$name" "$at" "$@" ;; esac
tree=$BASE/tree-$name
mkdir -p "$tree" "$BASE/$name/above" "$BASE/$name/below"
echo "mounts: [${mounts.join(', ')}]" > "$tree.yaml"
${ours} -o "config=$tree.yaml" none "$tree"
mount --bind "$tree"${quoted(inside)} "$at"
umount --lazy "$tree"
`
}

/** Serves the directory with a program that takes \`-o OPTIONS SOURCE MOUNTPOINT\` and returns when it has mounted. */
export function servePeer(words: readonly string[]): string {
  return `${BEGIN}case " $*" in *remount*) exec mount --internal-only "$name" "$at" "$@" ;; esac
exec ${words.map(quoted).join(' ')} -o "suid,dev,fsname=$name" "$@" "$source" "$at" > /dev/null\n`
}
