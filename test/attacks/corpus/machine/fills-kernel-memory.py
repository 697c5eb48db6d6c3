# Memory that is the kernel's and shows in no process: pages of a secret file that nothing maps, rules by the million.
import mmap
import struct
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


def keep_secret_pages():
    file = call(447, 0)  # memfd_secret
    os.ftruncate(file, 100 << 20)
    for start in range(0, 100 << 20, 1 << 20):
        at = libc.mmap(None, 1 << 20, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, file, start)
        ctypes.memset(at, 1, 1 << 20)
        libc.munmap(at, 1 << 20)


def make_rules():
    rules = call(444, ctypes.c_char_p(struct.pack("<QQ", 0, 3)), 16, 0)  # landlock_create_ruleset
    for port in range(65536):
        call(445, rules, 2, ctypes.c_char_p(struct.pack("<QQ", 1, port)), 0)  # landlock_add_rule


attempt("secret pages that nothing maps", keep_secret_pages)
attempt("a rule for every port", make_rules)
honest()
