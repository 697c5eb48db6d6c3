# Takes all that there is of what the machine, or the user, has once: other programs then go without.
def take(most, one):
    for _ in range(most):
        one()


contexts = [ctypes.c_ulong(0) for _ in range(300)]
attempt("asynchronous I/O", lambda: take(300, lambda: call((206, 0), 256, ctypes.byref(contexts.pop()))))
attempt("inotify instances", lambda: take(129, lambda: call((294, 26), 0)))
if os.uname().machine == "x86_64":
    attempt("inotify instances of the old call", lambda: take(129, lambda: call(253)))
attempt("a queue of messages", lambda: call((240, 180), ctypes.c_char_p(b"taken"), os.O_CREAT | os.O_RDWR, 0o600, 0))
# A timer holds one of the signals that the user may have queued.
timers = [ctypes.c_int() for _ in range(6000)]
attempt("six thousand timers", lambda: take(6000, lambda: call((222, 107), 0, 0, ctypes.byref(timers.pop()))))
honest()
