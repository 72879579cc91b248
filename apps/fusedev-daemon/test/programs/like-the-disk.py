"""Small inputs that file systems in user space get wrong: prints what happens in a directory, to be compared with a disk's.

usage: like-the-disk.py DIRECTORY [PART TO LEAVE OUT ...]
"""
import ctypes
import errno
import fcntl
import itertools
import mmap
import os
import socket
import struct
import subprocess
import sys
import time

BASE = sys.argv[1]
F_OFD_SETLK = 37
CAPABILITY = struct.pack('<IIIII', 0x02000001, 0x400, 0, 0, 0)
LIBC = ctypes.CDLL(None, use_errno=True)


def say(*words):
    print(*words, flush=True)


def make(name, mode=0o644, data=b'x' * 8192):
    path = os.path.join(BASE, name)
    with open(path, 'wb') as file:
        file.write(data)
    os.chmod(path, mode)
    os.stat(path)
    return path


def attempt(call, *arguments):
    try:
        return call(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]


def lock(fd, command=F_OFD_SETLK, kind=fcntl.F_WRLCK):
    result = attempt(fcntl.fcntl, fd, command, struct.pack('hhqqi4x', kind, 0, 0, 10, 0))
    return 'taken' if isinstance(result, bytes) else result


def child(work):
    """What `work` returns in a process of its own."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writer, str(work()).encode())
        os._exit(0)
    os.close(writer)
    text = os.read(reader, 1000).decode()
    os.close(reader)
    os.waitpid(pid, 0)
    return text


def locks():
    path = make('lock')
    for _ in range(3):
        fd = os.open(path, os.O_RDWR)
        say('ofd', lock(fd))
        os.close(fd)

    def other():
        fd = os.open(path, os.O_RDWR)
        results = lock(fd), lock(fd, fcntl.F_SETLK), attempt(fcntl.flock, fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return results

    for name, take in (
        ('ofd', lambda fd: lock(fd)),
        ('posix', lambda fd: lock(fd, fcntl.F_SETLK)),
        ('flock', lambda fd: attempt(fcntl.flock, fd, fcntl.LOCK_EX)),
    ):
        fd = os.open(path, os.O_RDWR)
        say(name, take(fd), child(other))
        copy = os.dup(fd)
        os.close(fd)
        say(name, 'after close of one of two', child(other))
        os.close(copy)
        say(name, 'after close', child(other))

        # Passed over a socket, and closed by who took it.
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        fd = os.open(path, os.O_RDWR)
        say(name, take(fd))
        socket.send_fds(ours, [b'x'], [fd])
        os.close(fd)
        say(name, 'in a socket', child(other))
        _, (received,), _, _ = socket.recv_fds(theirs, 1, 1)
        say(name, 'received', child(other))
        os.close(received)
        say(name, 'closed', child(other))

        # The process that took it is killed.
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            take(os.open(path, os.O_RDWR))
            os.write(writer, b'x')
            time.sleep(1000)
        os.read(reader, 1)
        say(name, 'of another', child(other))
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        say(name, 'killed', child(other))

        # Inherited by a child, which goes on.
        fd = os.open(path, os.O_RDWR)
        take(fd)
        pid = os.fork()
        if pid == 0:
            os.read(reader, 1)
            os._exit(0)
        os.close(fd)
        say(name, 'inherited', child(other))
        os.write(writer, b'x')
        os.waitpid(pid, 0)
        say(name, 'child ended', child(other))


def fallocate(path, mode):
    fd = os.open(path, os.O_RDWR)
    result = LIBC.fallocate(fd, mode, ctypes.c_long(0), ctypes.c_long(4096))
    os.close(fd)
    return result


def copy(path):
    fd = os.open(path, os.O_RDWR)
    os.copy_file_range(fd, fd, 100, 0, 5000)
    os.close(fd)


def write(path, flags=0):
    fd = os.open(path, os.O_RDWR | flags)
    page = mmap.mmap(-1, 4096)
    os.writev(fd, [page])
    os.close(fd)


def change_mapped(path):
    fd = os.open(path, os.O_RDWR)
    with mmap.mmap(fd, 4096) as pages:
        pages[0:1] = b'z'
        pages.flush()
    os.close(fd)


CHANGES = {
    'write': write,
    'direct': lambda path: write(path, os.O_DIRECT),
    'append': lambda path: write(path, os.O_APPEND),
    'mapped': change_mapped,
    'truncate': lambda path: os.truncate(path, 5),
    'open with O_TRUNC': lambda path: os.close(os.open(path, os.O_RDWR | os.O_TRUNC)),
    'allocate': lambda path: fallocate(path, 0),
    'punch': lambda path: fallocate(path, 3),
    'zero': lambda path: fallocate(path, 16),
    'copy': copy,
    'chown': lambda path: os.chown(path, 1234, 77),
    'chown of nothing': lambda path: os.chown(path, -1, -1),
    'chmod': lambda path: os.chmod(path, 0o600),
}


# By the group of the file, which the daemon is not in or is in: uid, gid and groups, of the owner (1234) and of a stranger.
CALLERS = {
    1234: [(1234, 1234, []), (1234, 77, []), (1234, 77, [1234]), (1235, 77, []), (1235, 77, [1234])],
    0: [(1234, 77, []), (1235, 77, [])],
}


def set_id_bits():
    for what, change in CHANGES.items():
        for mode, (group, callers) in itertools.product((0o6777, 0o6767, 0o4777, 0o2777, 0o2767), CALLERS.items()):
            path = make('set-id', mode)
            os.chown(path, 1234, group)
            os.chmod(path, mode)
            os.stat(path)

            def by(uid, gid, groups):
                os.setgroups(groups)
                os.setgid(gid)
                os.setuid(uid)
                return attempt(change, path)

            for uid, gid, groups in callers:
                # The kernel says the same of this as of a write, which a stranger may do.
                if uid != 1234 and what == 'chown of nothing':
                    continue
                os.chmod(path, mode)
                os.stat(path)
                result = child(lambda: by(uid, gid, groups))
                stat = os.stat(path)
                say(what, oct(mode), group, uid, gid, groups, result, oct(stat.st_mode), stat.st_uid, stat.st_gid)
                os.chown(path, 1234, group)
        path = make('capable', 0o666)
        os.setxattr(path, 'security.capability', CAPABILITY)
        change(path)
        say(what, 'capability', attempt(os.getxattr, path, 'security.capability'))


def direct_and_mapped():
    path = make('direct', data=b'a' * 5001)
    fd = os.open(path, os.O_RDWR | os.O_DIRECT)
    with mmap.mmap(fd, 5001) as pages:
        pages[5000:5001] = b'Z'
        say('msync', attempt(pages.flush))
    page = mmap.mmap(-1, 4096)
    say('direct read', attempt(os.preadv, fd, [page], 4096), page[904:905])
    os.close(fd)
    with open(path, 'rb') as file:
        say('direct and mapped', file.read()[-2:])


def copy_around_holes():
    fd = os.open(make('holes', data=b''), os.O_RDWR)
    os.pwrite(fd, b'd' * 4096, 1 << 20)
    os.pwrite(fd, b'e' * 100, 3 << 20)
    copied = bytearray()
    try:
        while True:
            start = os.lseek(fd, len(copied), os.SEEK_DATA)
            end = os.lseek(fd, start, os.SEEK_HOLE)
            copied += bytes(start - len(copied)) + os.pread(fd, end - start, start)
    except OSError as error:
        say('copied around holes', errno.errorcode[error.errno], copied.count(b'd'), copied.count(b'e'))
    os.close(fd)


def set_times():
    for second in (-(2**63), 2**63 - 1, -1, 2**32, 2**33, 2**34, 2**40):
        path = make('time')
        say('touch', second, subprocess.run(['touch', '-d', f'@{second}', path]).returncode, int(os.stat(path).st_mtime))
    path = make('attributes')
    before = os.stat(path).st_ctime_ns
    time.sleep(0.02)
    subprocess.run(['chattr', '+d', path])
    say('change time after chattr', os.stat(path).st_ctime_ns > before)


def times():
    path = make('changed in memory')
    fd = os.open(path, os.O_RDWR)
    with mmap.mmap(fd, 4096) as pages:
        pages[0:1] = b'q'
        os.utime(path, (1000, 2000))
    os.close(fd)
    say('time set while dirty', os.stat(path).st_mtime)
    fd = os.open(path, os.O_RDWR)
    with mmap.mmap(fd, 4096) as pages:
        pages[0:1] = b'q'
        os.utime(path, (1000, 2000))
        pages.flush()
        os.write(fd, b'x')
    os.close(fd)
    say('time after a write', os.stat(path).st_mtime == 2000)
    os.utime(path, (1000, 2000))
    change_mapped(path)
    say('time after a later change in memory', os.stat(path).st_mtime == 2000)


def offsets():
    path = make('offsets')
    fd = os.open(path, os.O_RDONLY)
    for offset in (-1, -5, 0, 5000, 8191, 8192, 2**53, 2**60, 2**63 - 1):
        for whence in (os.SEEK_DATA, os.SEEK_HOLE):
            say('lseek', offset, whence, attempt(os.lseek, fd, offset, whence))
    for offset in (8192, 2**53 - 1, 2**53 + 1, 2**62):
        say('pread', offset, attempt(os.pread, fd, 10, offset))
    os.close(fd)


def append_only():
    path = make('append', data=b'x\n')
    subprocess.run(['chattr', '+a', path])
    for line in range(3):
        subprocess.run(f'echo line{line} >> {path}', shell=True)
    subprocess.run(['sync', path])
    say(open(path).read().split(), attempt(os.open, path, os.O_RDWR), attempt(os.truncate, path, 0))
    subprocess.run(['chattr', '-a', path])
    subprocess.run(['chattr', '+i', path])
    say(attempt(os.open, path, os.O_RDWR), attempt(os.unlink, path), attempt(os.chmod, path, 0o600))
    subprocess.run(['chattr', '-i', path])


def extended_attributes():
    path = make('attributes')
    count = 0
    result = None
    while result is None and count < 5000:
        result = attempt(os.setxattr, path, f'user.n{count:04}', b'v' * 20)
        count += 1
    say('many', count, result)
    path = make('large')
    for size in (0, 1, 1000, 4000, 65535, 65536, 65537, 70000):
        say('large', size, attempt(os.setxattr, path, 'user.large', b'v' * size))
    for length in (249, 250, 251, 300):
        say('name', length, attempt(os.setxattr, path, 'user.' + 'n' * length, b'v'))
    say('names', attempt(os.getxattr, path, 'user.missing'), attempt(os.setxattr, path, 'nonsense.x', b''))
    # Into a buffer that is too small.
    os.setxattr(path, 'user.short', b'v' * 100)
    buffer = ctypes.create_string_buffer(10)
    for call in (
        lambda: LIBC.getxattr(path.encode(), b'user.short', buffer, 10),
        lambda: LIBC.listxattr(path.encode(), buffer, 3),
    ):
        say('short', call(), errno.errorcode[ctypes.get_errno()])


PARTS = {
    'locks': locks,
    'set-id-bits': set_id_bits,
    'direct-and-mapped': direct_and_mapped,
    'copy-around-holes': copy_around_holes,
    'times': times,
    'set-times': set_times,
    'offsets': offsets,
    'append-only': append_only,
    'extended-attributes': extended_attributes,
}
for name, part in PARTS.items():
    if name not in sys.argv[2:]:
        part()
