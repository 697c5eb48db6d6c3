"""The memory that the child shares with the supervisor: what is asked lies at its beginning, logits behind it."""
import fcntl
import os
import struct

LOGITS_OFFSET = 4 << 20  # prepare.py knows it too.
LOGITS_BYTES = 128 << 20
PACE_OFFSET = LOGITS_OFFSET - 8  # Here prepare.py reads how fast the machine is, as a float64; questions never come so far.
F_ADD_SEALS, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW = 1033, 1, 2, 4


def create(directory):
    """A descriptor of memory shared with the child. On Linux its size is sealed; elsewhere it is an unlinked file."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("logits", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
        os.ftruncate(descriptor, LOGITS_OFFSET + LOGITS_BYTES)
        fcntl.fcntl(descriptor, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW)
        return descriptor
    path = os.path.join(directory, f".logits.{os.getpid()}")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    os.unlink(path)
    os.ftruncate(descriptor, LOGITS_OFFSET + LOGITS_BYTES)
    return descriptor


def put_pace(memory, speed):
    """Tells prepare.py how much of a second of the budget each CPU second is from now on."""
    os.pwrite(memory, struct.pack("<d", speed), PACE_OFFSET)
