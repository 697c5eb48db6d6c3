# Memory that no process holds: what the kernel needs to note that half a terabyte reads as zeros.
import mmap
STEP, MADV_NOHUGEPAGE = 2 << 20, 15  # One page of notes for each of these.
libc.mmap.restype = ctypes.c_void_p
libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
size = 512 << 30
at = libc.mmap(None, ctypes.c_size_t(size), mmap.PROT_READ, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000, -1, ctypes.c_long(0))
libc.madvise(at, size, MADV_NOHUGEPAGE)
for place in range(at, at + size, STEP):
    ctypes.c_char.from_address(place).value
signal.pause()
