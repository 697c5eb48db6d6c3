"""Names that were looked for and are not there. The kernel remembers them, and whoever looks again can tell by the time it takes.

To look for a name needs no right, and there are any number of names: a memory from run to run as large as one likes.
"""
COUNTS, DROP = "/proc/sys/fs/dentry-state", "/proc/sys/vm/drop_caches"
NAMES_AND_INODES = b"2\n"
MANY = 20_000  # Of all programs together during one run. An honest one looks for some thousands, and for none the second time.


def count():
    """How many the kernel remembers now, of the whole machine; 0 where it does not tell."""
    try:
        with open(COUNTS) as file:
            return int(file.read().split()[4])
    except (OSError, ValueError, IndexError):
        return 0


def forget():
    """Has the kernel forget all of them. True where it did: root can, where /proc/sys may be written."""
    try:
        with open(DROP, "wb", buffering=0) as file:
            file.write(NAMES_AND_INODES)
    except OSError:
        return False
    return True
