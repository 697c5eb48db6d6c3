# Notes for the next run, on files that it may only read: in their inodes, and in which of their pages are in memory.
import fcntl, mmap, struct
TEXT, RANDOM, DONTNEED, PAGEOUT = PLACES["train"], 1, 4, 21
opened = os.open(TEXT, os.O_RDONLY)
mapped = mmap.mmap(opened, mmap.PAGESIZE, mmap.MAP_SHARED, mmap.PROT_READ)
libc.mmap.restype = ctypes.c_void_p
at = libc.mmap(None, 4096, mmap.PROT_READ, mmap.MAP_SHARED, opened, ctypes.c_long(0))
GET_FLAGS, FLAGS, PROJECT, VERSION, NO_DUMP = 0x80086601, 0x40086602, 0x401C5820, 0x40087602, 0x40


def note(command, content):
    return lambda: fcntl.ioctl(opened, command, content)


flags = attempt("the flags of the inode", lambda: struct.unpack("q", fcntl.ioctl(opened, GET_FLAGS, bytes(8)))[0]) or 0
attempt("a flag of the inode", note(FLAGS, struct.pack("q", flags ^ NO_DUMP)))
attempt("a flag, by a command with an upper half", lambda: call((16, 29), opened, 1 << 32 | FLAGS, ctypes.c_char_p(struct.pack("q", flags))))
attempt("the inode's project", note(PROJECT, struct.pack("IIIII8x", 0, 0, 0, 4096, 0)))
attempt("the inode's generation", note(VERSION, struct.pack("i", 4096)))
for command in (1036, 1038):
    attempt(f"how long its content will live ({command})", lambda: fcntl.fcntl(opened, command, struct.pack("Q", 4)))
attempt("drop its pages from memory", lambda: os.posix_fadvise(opened, 0, 0, DONTNEED))
attempt("page it out", lambda: mapped.madvise(PAGEOUT))
attempt("read only what is in memory", lambda: os.preadv(opened, [bytearray(1)], 0, os.RWF_NOWAIT))
attempt("read without leaving it in memory", lambda: os.preadv(opened, [bytearray(1)], 0, 0x80))
attempt("ask which pages are in memory", lambda: call((27, 232), ctypes.c_void_p(at), 4096, ctypes.create_string_buffer(1)))
attempt("ask how many pages are in memory", lambda: call(451, opened, ctypes.create_string_buffer(16), ctypes.create_string_buffer(64), 0))
honest()
