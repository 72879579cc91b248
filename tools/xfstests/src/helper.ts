/**
 * What every helper begins with: the options that mount(8) gives. It leaves out `suid` and `dev`, for these are what root
 * has without a word. A mount that exists is the kernel's to change.
 */
const BEGIN = `#!/bin/sh
name=$1 at=$2; shift 2
while [ $# -gt 0 ]; do
  case "$1" in -o) options=$2; shift ;; esac
  shift
done
case ",$options," in *,remount,*) exec mount --internal-only -o "$options" "$at" ;; esac
case ",$options," in *,nosuid,*) ;; *) options=$options,suid ;; esac
case ",$options," in *,nodev,*) ;; *) options=$options,dev ;; esac
source=$BASE/$name/source
options=$options,fsname=$name
`

/** What a helper that starts a program in the foreground ends with. */
const WAIT = `pid=$!
until findmnt --noheadings --output SOURCE --mountpoint "$MOUNTED" | grep -qx "$name"; do
  kill -0 $pid || exit 32
  sleep 0.02
done
`

/** Quotes a word for the shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const start = (words: readonly string[]): string => `setsid ${words.map(quoted).join(' ')} -o "$options"`

/** Serves the directory with a program that takes `-o OPTIONS SOURCE MOUNTPOINT` and stays in the foreground. */
export function serveDirectory(words: readonly string[]): string {
  return `${BEGIN}${start(words)} "$source" "$at" < /dev/null > /dev/null &\nMOUNTED=$at\n${WAIT}`
}

/**
 * Serves a tree with the directory at `inside`, one back end above it and one below it. The suite sees `inside` alone: as a mount of its own,
 * whose name nothing else has.
 */
export function serveTree(words: readonly string[], inside: string): string {
  return `${BEGIN}
tree=$BASE/tree-$name
mkdir -p "$tree" "$BASE/$name/above" "$BASE/$name/below"
${start(words)} --mount "/=$BASE/$name/above" --mount ${quoted(inside)}="$source" \\
  --mount ${quoted(inside)}/fb-below="$BASE/$name/below" "$tree" < /dev/null > /dev/null &
MOUNTED=$tree
${WAIT}
mount --bind "$tree"${quoted(inside)} "$at"
umount --lazy "$tree"
`
}

/** Serves the directory with a program that takes \`-o OPTIONS SOURCE MOUNTPOINT\` and returns when it has mounted. */
export function servePeer(words: readonly string[]): string {
  return `${BEGIN}exec ${words.map(quoted).join(' ')} -o "$options" "$source" "$at" < /dev/null > /dev/null\n`
}
