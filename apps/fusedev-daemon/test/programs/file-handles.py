"""File handles of files on a mount (name_to_handle_at(2)).

usage: file-handles.py make DIRECTORY STORE    makes files, and writes their handles to the file STORE
       file-handles.py open DIRECTORY STORE    opens each handle, in a kernel that has forgotten all, and counts what comes
"""
import collections
import ctypes
import errno
import os
import pickle
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100


class FileHandle(ctypes.Structure):
    _fields_ = [('bytes', ctypes.c_uint), ('type', ctypes.c_int), ('handle', ctypes.c_ubyte * 128)]


def handle_of(path):
    handle = FileHandle(bytes=128)
    mount = ctypes.c_int()
    if LIBC.name_to_handle_at(AT_FDCWD, path.encode(), ctypes.byref(handle), ctypes.byref(mount), 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)
    return bytes(handle)


def opened(mount, handle):
    fd = LIBC.open_by_handle_at(mount, ctypes.byref(FileHandle.from_buffer_copy(handle)), os.O_RDONLY)
    return errno.errorcode[ctypes.get_errno()] if fd < 0 else fd


def make(directory):
    os.makedirs(f'{directory}/deep/down')
    handles = {}
    for number in range(200):
        path = f'{directory}/deep/down/{number}'
        with open(path, 'w') as file:
            file.write(str(number))
        handles[str(number)] = handle_of(path)
    for name in ('deep', 'deep/down', '.'):
        handles[name] = handle_of(f'{directory}/{name}')
    return handles


def open_all(directory, handles):
    with open('/proc/sys/vm/drop_caches', 'w') as file:
        file.write('3')
    mount = os.open(directory, os.O_RDONLY)
    results = collections.Counter()
    for name, handle in handles.items():
        fd = opened(mount, handle)
        if isinstance(fd, str):
            results[fd] += 1
            continue
        if name.isdigit():
            results['file' if os.read(fd, 10).decode() == name else 'wrong file'] += 1
        else:
            results['directory' if os.path.samestat(os.fstat(fd), os.stat(f'{directory}/{name}')) else 'wrong directory'] += 1
        os.close(fd)
    return results


command, directory, store = sys.argv[1:]
if command == 'make':
    try:
        made = make(directory)
    except OSError as error:
        print(errno.errorcode[error.errno])
        sys.exit()
    with open(store, 'wb') as file:
        pickle.dump(made, file)
else:
    with open(store, 'rb') as file:
        print(*(f'{count} {result}' for result, count in sorted(open_all(directory, pickle.load(file)).items())), sep=', ')
