"""Memory that a process costs the kernel, or keeps elsewhere, and that its residence does not show. Linux only."""

COUNTED = (b"VmPTE:", b"VmSwap:", b"HugetlbPages:")  # Page tables, what was moved to disk, pages from the pool of huge ones.
MOST_MAPPINGS = 500_000  # A look takes half a second; a program with CUDA has a few thousand.
MAPPING_KIB = 0.25
CHUNK = 1 << 20


class TooMany(Exception):
    """More is there than can be looked at. No honest program needs that."""


def beyond_residence_mb(pid):
    """0 where the process has ended or is closed to us."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith(COUNTED)) / 1024
    except OSError:
        return 0.0


def mappings_mb(pids):
    """What the kernel keeps about the pieces of their memory. Raises TooMany."""
    count = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/maps", "rb", buffering=0) as file:
                while chunk := file.read(CHUNK):
                    count += chunk.count(b"\n")
                    if count > MOST_MAPPINGS:
                        raise TooMany(f"its memory is in more than {MOST_MAPPINGS} pieces")
        except OSError:
            continue  # It ended, or is closed to us.
    return count * MAPPING_KIB / 1024
