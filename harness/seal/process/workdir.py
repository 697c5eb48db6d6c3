"""What the child leaves on disk: how much of it there is, and the removal of it all, whatever its shape.

A hostile tree may be deeper than any path, may hold symlinks, and may change while it is walked. So directories are
opened, never followed by name, and taken apart one level at a time.
"""
import errno
import os
import secrets
import stat

MOST_ENTRIES = 100_000
MOST_LEVELS = 100
# What opening a directory comes to that was replaced since it was seen: by nothing, by a file, by a link.
CHANGED = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
SHARED = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock")
MOST_SHARED = 1000  # Folders, those and what everybody may write below them.


def _open_folder(name, parent):
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)


def left_in_shared(uid):
    """Paths of what belongs to the uid, which must be the child's alone, in the machine's shared folders and in those
    below them that everybody may write, one inside the other. What vanishes meanwhile is passed over."""
    found, folders = [], list(SHARED)
    for folder in folders:  # It grows on the way.
        try:
            entries = os.scandir(folder)
        except OSError:
            continue
        with entries:
            for entry in entries:
                try:
                    seen = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if seen.st_uid == uid:
                    found.append(entry.path)
                elif stat.S_ISDIR(seen.st_mode) and seen.st_mode & stat.S_IWOTH and len(folders) < MOST_SHARED:
                    folders.append(entry.path)
    return found


def clear_shared(uid):
    """Removes what left_in_shared finds. Returns how many of it would not go."""
    stubborn = 0
    for path in left_in_shared(uid):
        try:
            _clear(path, uid)
        except FileNotFoundError:
            continue
        except OSError:
            stubborn += 1
    return stubborn


def _clear(path, uid):
    """A folder on the way may be another user's, who could put a link in its place: none is followed."""
    top = next(folder for folder in SHARED if path.startswith(folder + "/"))
    *between, name = path[len(top) + 1 :].split("/")
    folder = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in between:
            inner = _open_folder(part, folder)
            os.close(folder)
            folder = inner
        seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if seen.st_uid != uid:
            return
        if not stat.S_ISDIR(seen.st_mode):
            os.unlink(name, dir_fd=folder)
        elif empty(name, folder) == 0:
            os.rmdir(name, dir_fd=folder)
        else:
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
    finally:
        os.close(folder)


MACHINES = (errno.EIO, errno.ESTALE, errno.ENOMEM, errno.ENFILE, errno.EMFILE)  # Nothing that train.py makes brings these about.


class Unseen(Exception):
    """Part of the tree cannot be measured: too many files, too deep, closed or broken. No honest program needs that."""


def used_mb(*paths):
    """MiB on disk under the paths, links not followed. Raises Unseen."""
    blocks = entries = 0

    def walk(folder, depth):
        nonlocal blocks, entries
        if depth > MOST_LEVELS:
            raise Unseen(f"directories are nested more than {MOST_LEVELS} deep")
        with os.scandir(folder) as found:
            for entry in found:
                entries += 1
                if entries > MOST_ENTRIES:
                    raise Unseen(f"there are more than {MOST_ENTRIES} files")
                try:
                    blocks += entry.stat(follow_symlinks=False).st_blocks
                    if not entry.is_dir(follow_symlinks=False):
                        continue
                    inner = _open_folder(entry.name, folder)
                except OSError as error:
                    if error.errno in CHANGED:
                        continue
                    raise
                try:
                    walk(inner, depth + 1)
                finally:
                    os.close(inner)

    def walk_from(path):
        nonlocal blocks
        try:
            top = _open_folder(path, None)
        except OSError as error:
            if error.errno not in CHANGED:
                raise
            blocks += _blocks(path)
            return
        try:
            walk(top, 0)
        finally:
            os.close(top)

    try:
        for path in paths:
            walk_from(path)
    except PermissionError:
        raise Unseen("a directory is closed to the supervisor") from None
    except OSError as error:
        if error.errno in MACHINES:
            raise
        raise Unseen(error.strerror) from error
    return blocks / 2048


def free_mb(path):
    """MiB that the file system of the path has left for this user. Raises Unseen."""
    try:
        seen = os.statvfs(path)
    except OSError as error:
        if error.errno in MACHINES:
            raise
        raise Unseen(error.strerror) from error
    return seen.f_bavail * seen.f_frsize / 2**20


def _blocks(path):
    try:
        return os.lstat(path).st_blocks
    except FileNotFoundError:
        return 0


def empty(path, parent=None):
    """Removes everything in the directory, which `parent` is the opened folder of where the path is but a name.

    Returns how many entries would not go. Nothing may be running in there.
    """
    top = _open_folder(path, parent)
    stubborn = set()
    try:
        while names := set(os.listdir(top)) - stubborn:
            for name in names:
                if not _remove(top, name):
                    stubborn.add(name)
        return len(stubborn)
    finally:
        os.close(top)


def put_back(folder, name, content):
    """Writes the file anew, for its owner alone, in a directory that is ours again."""
    os.chmod(folder, 0o700)
    if os.stat(folder).st_uid != os.geteuid():
        os.chown(folder, os.geteuid(), os.getegid())
    with open(os.path.join(folder, name), "xb") as file:
        file.write(content)


def _remove(top, name):
    try:
        os.unlink(name, dir_fd=top)
        return True
    except FileNotFoundError:
        return True
    except (IsADirectoryError, PermissionError):
        pass
    try:
        if not stat.S_ISDIR(os.stat(name, dir_fd=top, follow_symlinks=False).st_mode):
            return False
        _take_apart(top, name)
        return True
    except OSError:
        return False


def _take_apart(top, name):
    """Empties one directory, lifting its subdirectories up beside it, so that nothing is ever deep; then removes it."""
    os.chmod(name, 0o700, dir_fd=top)
    folder = _open_folder(name, top)
    try:
        for inner in os.listdir(folder):
            try:
                os.unlink(inner, dir_fd=folder)
            except (IsADirectoryError, PermissionError):
                os.chmod(inner, 0o700, dir_fd=folder)
                os.rename(inner, f".lifted.{secrets.token_hex(8)}", src_dir_fd=folder, dst_dir_fd=top)
    finally:
        os.close(folder)
    os.rmdir(name, dir_fd=top)
