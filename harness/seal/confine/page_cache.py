"""Which pages of files lie in memory. A run brings some in by reading them, and the next one can tell by the time that takes."""
import os
import stat

CHUNK = 1 << 20
SHARE_OF_MEMORY = 4  # What every run reads is kept in memory up to a quarter of what is available.


def settle(folders, needed):
    """Brings what every run reads into memory as a whole, and lets go of all else; what programs have mapped stays."""
    left, chunk = _available() // SHARE_OF_MEMORY, bytearray(CHUNK)
    for path, size in _files([*needed, *_mapped()], set()):
        left -= size
        _on(path, _let_go if left <= 0 else lambda descriptor, size=size: [os.preadv(descriptor, [chunk], at) for at in range(0, size, CHUNK)])
    kept = {os.path.realpath(path) for path in needed} | set(_mapped())
    for path, _ in _files(folders, kept):
        _on(path, _let_go)


def _let_go(descriptor):
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _on(path, act):
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return  # It is closed to the child, too, or gone.
    try:
        act(descriptor)
    except OSError:
        pass  # A file that is none, or a disk that fails: the next run sees what it sees.
    finally:
        os.close(descriptor)


def _files(paths, passed):
    """(path, size) of every file below the paths, once; nothing of those `passed`, nor below them."""
    waiting, seen = [os.path.realpath(path) for path in paths], set(passed)
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        try:
            found = os.lstat(path)
            if stat.S_ISDIR(found.st_mode):
                waiting += [os.path.join(path, name) for name in os.listdir(path)]
            elif stat.S_ISREG(found.st_mode) and found.st_size:
                yield path, found.st_size
        except OSError:
            continue


def _mapped():
    """The libraries that this process uses: the child, the same Python, uses them too."""
    with open("/proc/self/maps") as file:
        return {os.path.realpath(line.split(maxsplit=5)[5].strip()) for line in file if line.rstrip().endswith(".so") or ".so." in line}


def _available():
    try:
        with open("/proc/meminfo") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return 0
