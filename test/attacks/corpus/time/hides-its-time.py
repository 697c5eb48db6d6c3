# Works in processes of 20 ms whose time the kernel forgets where SIGCHLD is ignored; then it lives on without using any.
import time
from prepare import clock
attempt("handle SIGCHLD", lambda: signal.signal(signal.SIGCHLD, lambda *_: None))
attempt("ignore SIGCHLD", lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
used = 0
while used < 3:
    pid = os.fork()
    if pid == 0:
        began = clock()
        while clock() - began < 0.02:
            pass
        os._exit(0)
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        pass  # It was waited for by nobody.
    used += 0.02
time.sleep(60)
