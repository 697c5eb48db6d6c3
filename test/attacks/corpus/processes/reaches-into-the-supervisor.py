# Every call is denied before it looks at whom it is aimed at, or by whose process it is.
keeper = os.getppid()
buffer, other = ctypes.create_string_buffer(64), ctypes.create_string_buffer(64)
class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
here, there = Vector(ctypes.addressof(buffer), 64), Vector(ctypes.addressof(other), 64)
attempt("ptrace attach", lambda: call((101, 117), 16, keeper))
attempt("ptrace seize", lambda: call((101, 117), 0x4206, keeper))
attempt("process_vm_readv", lambda: call((310, 270), keeper, ctypes.byref(here), 1, ctypes.byref(there), 1))
attempt("process_vm_writev", lambda: call((311, 271), keeper, ctypes.byref(here), 1, ctypes.byref(there), 1))
handle = call(434, keeper, 0)
for number in range(12):
    attempt("pidfd_getfd", lambda: call(438, handle, number, 0))
attempt("process_madvise", lambda: call(440, handle, ctypes.byref(there), 1, 21, 0))
attempt("write its memory", lambda: os.open(f"/proc/{keeper}/mem", os.O_RDWR))
attempt("raise its OOM score", lambda: write(f"/proc/{keeper}/oom_score_adj", b"1000"))
