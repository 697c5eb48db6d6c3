# A lock needs no right to write: whoever else wants it waits for as long as this run lives.
import fcntl, struct
SET, SET_OPEN, GET_OPEN = fcntl.F_SETLK, 37, 36


def of(kind):
    return struct.pack("hhqqixxxx", kind, os.SEEK_SET, 0, 0, 0)


def whole(path):
    first, second = (os.open(path, os.O_RDONLY) for _ in range(2))
    fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # So it is held.
    raise PermissionError(errno.EPERM, "it means nothing")


def ranges(command, path):
    first, second = (os.open(path, os.O_RDONLY) for _ in range(2))
    fcntl.fcntl(first, command, of(fcntl.F_RDLCK))
    if struct.unpack("hhqqixxxx", fcntl.fcntl(second, GET_OPEN, of(fcntl.F_WRLCK)))[0] == fcntl.F_UNLCK:
        raise PermissionError(errno.EPERM, "it means nothing")


for path in (os.path.join(sys.prefix, ".lock"), "/etc/passwd", "/etc/group"):
    attempt(f"lock {os.path.basename(path)}", lambda: whole(path))
    attempt(f"lock a range of {os.path.basename(path)}", lambda: ranges(SET, path))
    attempt(f"lock a range of {os.path.basename(path)} for good", lambda: ranges(SET_OPEN, path))
honest()
