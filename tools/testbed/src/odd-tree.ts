import { shell } from './run.js'

/**
 * Makes a tree with one of everything that copying programs get wrong: hard links, symbolic links (dangling, absolute,
 * long), sparse files, fifos, sockets, device nodes, names that are not UTF-8, of 255 bytes, with newlines and
 * spaces, empty and deep directories, set-id and sticky bits, other owners, old and future times, xattrs and ACLs.
 */
export async function makeOddTree(directory: string): Promise<void> {
  await shell(SCRIPT, { cwd: directory })
}

const SCRIPT = `
umask 022
mkdir empty deep many modes links special names times owners sparse xattrs
d=deep; for i in $(seq 40); do d=$d/level$i; done; mkdir -p "$d"; echo bottom > "$d/file"
for i in $(seq 300); do echo "file $i" > "many/file-$i"; done
printf '' > empty-file
head -c 3000001 /dev/urandom > random
for m in 0000 0400 0644 0755 1777 2755 4755 6711; do echo $m > modes/f$m; chmod $m modes/f$m; mkdir modes/d$m; chmod $m modes/d$m; done
echo linked > links/one; ln links/one links/two; ln links/one many/three
ln -s one links/relative; ln -s /nonexistent/absolute links/dangling; ln -s "$(printf 'x%.0s' $(seq 1000))" links/long
ln -s ../deep links/to-directory; ln links/relative links/hard-link-to-symlink
mkfifo special/fifo; chmod 0600 special/fifo
mknod special/null c 1 3; mknod special/block b 7 99; mknod special/big c 300 70000
python3 - <<'PY' || perl -e 'use Socket; socket(S,PF_UNIX,SOCK_STREAM,0); bind(S,sockaddr_un("special/socket"))'
import socket
s = socket.socket(socket.AF_UNIX); s.bind('special/socket')
PY
echo a > names/$'caf\\xe9-latin1'; echo b > names/$'new\\nline'; echo c > 'names/ leading and trailing '
echo d > "names/$(printf 'n%.0s' $(seq 255))"; echo e > names/$'\\xff\\xfe\\x01'; echo f > names/-dash; echo g > 'names/*?[a]'
echo h > names/$'\\xf0\\x9f\\x98\\x80'
echo old > times/old; touch -d '1965-03-04 05:06:07.123456789' times/old
echo new > times/future; touch -d '2100-01-02 03:04:05.987654321' times/future
# rsync leaves the time of links and special files alone where only the fraction of the second differs.
find links special -not -type d -exec touch -h -d '2001-02-03 04:05:06.5' {} +
echo o > owners/file; chown 1234:4321 owners/file; mkdir owners/dir; chown 65534:65534 owners/dir
ln -s x owners/link; chown -h 77:88 owners/link; touch -h -d '2002-02-03 04:05:06.5' owners/link
truncate -s 64M sparse/only-hole; truncate -s 10M sparse/tail; printf 'head' | dd of=sparse/tail conv=notrunc status=none
printf 'island' | dd of=sparse/middle bs=1 seek=5000000 status=none; truncate -s 20M sparse/middle
echo x > xattrs/file; setfattr -n user.comment -v 'hello world' xattrs/file; setfattr -n user.binary -v 0x00ff00 xattrs/file
setfattr -n user.empty xattrs/file; setfattr -n trusted.note -v secret xattrs/file
setfattr -n user.big -v "$(head -c 3000 /dev/zero | tr '\\0' z)" xattrs/file
mkdir xattrs/dir; setfattr -n user.on-dir -v 1 xattrs/dir
setfacl -m u:1234:rwx,g:4321:r xattrs/file; setfacl -d -m u:1234:rx xattrs/dir
`
