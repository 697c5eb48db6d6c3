# The kernel notes each piece of a process's memory: tens of thousands of pieces in each of some processes.
import mmap
libc.mmap.restype = ctypes.c_void_p
libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
for _ in range(16):
    if os.fork() == 0:
        at = libc.mmap(None, ctypes.c_size_t(65000 * 4096), mmap.PROT_READ, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, ctypes.c_long(0))
        for page in range(0, 65000, 2):
            libc.mprotect(at + page * 4096, 4096, 0)
        signal.pause()
signal.pause()
