/**
 * Runs the suite in a mount and process namespace of its own, so that nothing stays mounted, installed or running: its
 * users, the mount helper and what the suite writes beside itself and in /tmp are seen there alone. (It names its files after its
 * process id, which is the same in each such namespace.)
 *
 * Arguments are those of `check`. In the environment: `SUITE`, `RESULTS`, `BASE` (a directory in memory), the variables of the suite, and
 * for a file system over another one `FB_test` and `FB_scratch`, block devices with what is served.
 *
 * The suite takes the type of what is mounted for its FSTYP, and does not know ours: it is told that it is FUSE.
 */
export const NAMESPACE_SCRIPT = `
set -eu
mount --bind "$BASE/passwd" /etc/passwd
mount --bind "$BASE/group" /etc/group
mount -t overlay -o "lowerdir=$BASE/sbin:/usr/sbin" fb-sbin "$(realpath /sbin)"
mount -t overlay -o "lowerdir=$SUITE,upperdir=$BASE/upper,workdir=$BASE/work" fb-suite "$BASE/suite"
mount --bind "$RESULTS" "$RESULT_BASE"
mount -t tmpfs fb-tmp /tmp
cd "$BASE/suite"
sed -i '/^_fs_type()/,/^}/s#s/nfs4/nfs/#&;s/fuse[.]fb/fuse/#' common/rc
for name in test scratch; do
  device=$(printenv "FB_$name" || true)
  if [ -n "$device" ]; then mount "$device" "$BASE/fb-$name"; mkdir -pm 755 "$BASE/fb-$name/source"; fi
done
ulimit -c unlimited
exec ./check "$@"
`
