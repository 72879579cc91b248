"""Does the same random calls in two directories and compares what they give: differential.py DISK MOUNT OPERATIONS SEED

After each call: result or errno, and of the file that it names type, mode, owner, links, size, and whether the modification
time is one that was set before. At the end: names, content and extended attributes of both trees. Prints the last calls
and exits with 1 at the first difference. Half of the calls are those of an ordinary user.
"""
import ctypes, errno, fcntl, mmap, os, random, stat, struct, sys

DISK, MOUNT = sys.argv[1:3]
OPERATIONS, SEED = int(sys.argv[3]), int(sys.argv[4])
ROOTS = (DISK, MOUNT)
USER = 1001
PAGE, SIZE = 4096, 200_000
NAMES = [d + n for d in ("", "d0/", "d1/", "d0/e/") for n in "abcd"] + ["d0", "d1", "d0/e", "s"]
OLD, NOT_OLD = 1_000_000_000_123_456_789, 1_500_000_000_000_000_000
KEEP, PUNCH, ZERO = 1, 2, 16
F_OFD_SETLK, F_OFD_GETLK = 37, 36
libc = ctypes.CDLL(None, use_errno=True)
rnd = random.Random(SEED)
fds = []  # pairs of descriptors of the same file, with the name under which it was opened
log = []


def checked(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def fallocate(fd, mode, offset, length):
    call = libc.fallocate
    call.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    return checked(call(fd, mode, offset, length))


def renameat2(old, new, flags):
    return checked(libc.renameat2(-100, old.encode(), -100, new.encode(), flags))


def buffer(data):
    """Memory that is aligned as O_DIRECT wants it."""
    memory = mmap.mmap(-1, max(len(data), 1))
    memory.write(data)
    return memory


def map_write(fd, offset, data, flush, times):
    size = os.fstat(fd).st_size
    if offset + len(data) > size:
        raise OSError(errno.ENXIO, "beyond the end")
    with mmap.mmap(fd, size) as memory:
        memory[offset : offset + len(data)] = data
        if flush:
            memory.flush()
        # The server learns of a change when the page is written back, and not whether a time was set before or after it:
        # so one is set now, or the file changed in another way.
        try:
            os.utime(fd, ns=(OLD, OLD) if times else (NOT_OLD, NOT_OLD))
        except PermissionError:
            memory.flush()
            os.ftruncate(fd, size)


def map_read(fd):
    size = os.fstat(fd).st_size
    if size == 0:
        return b""
    with mmap.mmap(fd, size, prot=mmap.PROT_READ) as memory:
        return memory[:]


def direct_write(fd, offset, data):
    with buffer(data) as memory:
        return os.pwritev(fd, [memory], offset)


def direct_read(fd, offset, length):
    with mmap.mmap(-1, length) as memory:
        count = os.preadv(fd, [memory], offset)
        return memory[:count]


def seek(fd, offset, whence):
    """Only the error: what counts as data depends on what is in memory as well (lseek(2))."""
    os.lseek(fd, offset, whence)


def ofd_lock(fd, kind, start, length):
    fcntl.fcntl(fd, F_OFD_SETLK, struct.pack("hhqqi4x", kind, 0, start, length, 0))


def access_acl(path, permissions):
    entries = ((1, 6), (2, permissions), (4, 4), (16, 6), (32, 4))
    text = struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", tag, bits, USER if tag == 2 else 0xFFFFFFFF) for tag, bits in entries
    )
    os.setxattr(path, "system.posix_acl_access", text)


def on_path(call, *names):
    """Runs a call on both sides, each with its own paths."""
    return lambda side: call(*(os.path.join(ROOTS[side], name) for name in names))


def on_fd(call, pair, *args):
    return lambda side: call(pair[side], *args)


def open_both(name, flags, mode):
    pair = []

    def call(side):
        pair.append(os.open(os.path.join(ROOTS[side], name), flags, mode))
        return None

    def keep():
        if len(pair) == 2:
            fds.append((*pair, name))
        else:
            for fd in pair:
                os.close(fd)

    return call, keep


def span(aligned):
    unit = 512 if aligned else 1
    offset = rnd.randrange(SIZE // unit) * unit
    return offset, rnd.randrange(1, 40_000 // unit) * unit


def choose():
    """A random call: what it is called, the name or descriptors of its file, what does it, and what is to be done afterwards."""
    name, other = rnd.choice(NAMES), rnd.choice(NAMES)
    kind = rnd.choice(KINDS)
    if kind in FD_KINDS:
        if not fds:
            kind = "open"
        else:
            return choose_fd(kind)
    mode = rnd.choice([0o644, 0o600, 0o666, 0o6755, 0o2644, 0o4711, 0o2775, 0o1777, 0o6666])
    if kind == "open":
        flags = rnd.choice([os.O_RDONLY, os.O_RDWR, os.O_RDWR, os.O_WRONLY | os.O_APPEND])
        flags |= rnd.choice([0, os.O_CREAT, os.O_CREAT, os.O_CREAT | os.O_EXCL, os.O_CREAT | os.O_TRUNC])
        flags |= rnd.choice([0, 0, os.O_DIRECT, os.O_NOFOLLOW])
        call, keep = open_both(name, flags, mode)
        return f"open {name} {flags:o} {mode:o}", name, call, keep
    key, length = f"user.{rnd.choice('xyz')}", rnd.choice([0, 1, 100, 3000, 5000, 70_000])
    one = {
        "truncate": (os.truncate, [rnd.randrange(SIZE)]),
        "chmod": (os.chmod, [mode]),
        # Not -1 for both: the kernel says the same of that as of a write, which others may do as well.
        "chown": (os.chown, [rnd.choice([0, USER]), rnd.choice([-1, 0, USER])]),
        "utime": (lambda path: os.utime(path, ns=(OLD, OLD)), []),
        "unlink": (os.unlink, []),
        "mkdir": (os.mkdir, [mode]),
        "rmdir": (os.rmdir, []),
        "readdir": (lambda path: sorted(os.listdir(path)), []),
        "access": (os.access, [rnd.randrange(8)]),
        "setxattr": (os.setxattr, [key, b"v" * length, rnd.choice([0, 1, 2])]),
        "getxattr": (os.getxattr, [key]),
        "removexattr": (os.removexattr, [key]),
        "listxattr": (lambda path: sorted(os.listxattr(path)), []),
        "acl": (access_acl, [rnd.randrange(8)]),
        "readlink": (os.readlink, []),
    }
    if kind in one:
        call, args = one[kind]
        shown = " ".join(str(arg)[:40] for arg in args)
        return f"{kind} {name} {shown}", name, lambda side: call(os.path.join(ROOTS[side], name), *args), None
    flags = rnd.randrange(3)
    two = {
        "rename": lambda old, new: renameat2(old, new, flags),
        "link": lambda old, new: os.link(old, new, follow_symlinks=False),
        "symlink": lambda old, new: os.symlink(name, new),
    }
    return f"{kind} {name} {other} {flags}", other, on_path(two[kind], name, other), None


def choose_fd(kind):
    pair = rnd.choice(fds)
    name = pair[2]
    aligned = bool(fcntl.fcntl(pair[0], fcntl.F_GETFL) & os.O_DIRECT)
    offset, length = span(aligned or rnd.random() < 0.2)
    data = bytes([rnd.randrange(1, 256)]) * length
    text = f"{kind} {name} {offset}+{length}{' direct' if aligned else ''}"
    if kind == "close":
        fds.remove(pair)
        return text, name, on_fd(os.close, pair), None
    mode = rnd.choice([0, KEEP, PUNCH | KEEP, ZERO, ZERO | KEEP, PUNCH])
    flush, times = rnd.random() < 0.5, rnd.random() < 0.3
    source = rnd.choice(fds)
    bits, owner = rnd.choice([0o6755, 0o6666, 0o644, 0o2744]), rnd.choice([0, USER])
    where, whence = rnd.choice([-1, -offset, offset]), rnd.choice([os.SEEK_DATA, os.SEEK_HOLE, os.SEEK_SET])
    start = offset // 1024 * 512
    lock = rnd.choice([fcntl.F_RDLCK, fcntl.F_WRLCK, fcntl.F_UNLCK])
    shown = {
        "mapwrite": f"flush={flush} times={times}",
        "fallocate": f"mode={mode}",
        "copy": f"from {source[2]}",
        "fchmod": f"{bits:o}",
        "fchown": owner,
        "seek": f"{where} {whence}",
        "lock": lock,
    }
    calls = {
        "write": on_fd(direct_write, pair, offset, data),
        "read": on_fd(direct_read, pair, offset, length),
        "mapwrite": on_fd(map_write, pair, offset, data, flush, times),
        "mapread": on_fd(map_read, pair),
        "ftruncate": on_fd(os.ftruncate, pair, offset),
        "fallocate": on_fd(fallocate, pair, mode, offset, length),
        "copy": lambda side: os.copy_file_range(source[side], pair[side], length, start, offset),
        "fchmod": on_fd(os.fchmod, pair, bits),
        "fchown": on_fd(os.fchown, pair, owner, -1),
        "futime": on_fd(lambda fd: os.utime(fd, ns=(OLD, OLD)), pair),
        "fsync": on_fd(rnd.choice([os.fsync, os.fdatasync]), pair),
        "seek": on_fd(seek, pair, where, whence),
        "lock": on_fd(ofd_lock, pair, lock, offset, length),
    }
    return f"{text} {shown.get(kind, '')}", pair, calls[kind], None


FD_KINDS = "write write write read read mapwrite mapwrite mapread ftruncate fallocate fallocate copy".split()
FD_KINDS += "fchmod fchmod fchown futime futime fsync seek lock lock close close close".split()
KINDS = FD_KINDS + "open open open open open truncate chmod chmod chown utime unlink mkdir rmdir readdir access".split()
KINDS += "setxattr setxattr getxattr removexattr listxattr acl readlink rename rename rename link symlink".split()


def outcome(call, side):
    try:
        return call(side)
    except OSError as error:
        return f"errno {errno.errorcode.get(error.errno, error.errno)}"


def seen(side, name):
    """What stat(2) says of a name, or of one of a pair of descriptors: its file may have another name by now."""
    if not isinstance(name, str):
        return described(os.fstat(name[side]))
    try:
        st = os.lstat(os.path.join(ROOTS[side], name))
    except OSError as error:
        return f"errno {errno.errorcode.get(error.errno)}"
    return described(st)


def described(st):
    is_file = stat.S_ISREG(st.st_mode)
    size = st.st_size if not stat.S_ISDIR(st.st_mode) else None
    old = st.st_mtime_ns == OLD if is_file else None
    return (oct(st.st_mode), st.st_uid, st.st_gid, st.st_nlink, size, old)


def differ(what, disk, mount):
    for line in log[-60:]:
        print(line)
    print(f"DIFFERENT {what}\n  disk:  {str(disk)[:300]}\n  mount: {str(mount)[:300]}")
    sys.exit(1)


def tree(root):
    entries = {}
    for directory, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(directory, name)
            content = None
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    content = file.read()
            xattrs = {key: os.getxattr(path, key, follow_symlinks=False) for key in os.listxattr(path, follow_symlinks=False)}
            entries[os.path.relpath(path, root)] = (described(os.lstat(path)), content, xattrs)
    return entries


def main():
    os.umask(0o022)
    for root in ROOTS:
        os.chmod(root, 0o777)
    for number in range(OPERATIONS):
        user = USER if rnd.random() < 0.5 else 0
        text, name, call, after = choose()
        log.append(f"{number} uid {user}: {text}")
        results = []
        os.setegid(user)
        os.seteuid(user)
        for side in (0, 1):
            results.append(outcome(call, side))
        os.seteuid(0)
        os.setegid(0)
        if after is not None:
            after()
        if results[0] != results[1]:
            differ(f"result of {log[-1]}", *results)
        states = [seen(side, name) for side in (0, 1)]
        if states[0] != states[1]:
            differ(f"state after {log[-1]}", *states)
        if len(fds) > 20:
            for fd in fds.pop(rnd.randrange(20))[:2]:
                os.close(fd)
    disk, mount = tree(DISK), tree(MOUNT)
    for name in sorted(disk.keys() | mount.keys()):
        if disk.get(name) != mount.get(name):
            one, two = (None if side.get(name) is None else (side[name][0], side[name][2]) for side in (disk, mount))
            differ(f"{name} at the end (content may be what differs)", one, two)


main()
