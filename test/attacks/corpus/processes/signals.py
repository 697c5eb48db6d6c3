keeper = os.getppid()
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGIO, 0):
    attempt(f"signal {number} to the keeper", lambda: os.kill(keeper, number))
for pid in [*range(max(2, keeper - 6), keeper), *PLACES.get("supervisors", [])]:
    try:
        os.kill(pid, signal.SIGSTOP)
    except ProcessLookupError:
        continue
    except OSError as error:
        tried("signal to a process nearby", errno.errorcode[error.errno])
    else:
        tried("signal to a process nearby", "ok")
        os.kill(pid, signal.SIGCONT)
handle = call(434, keeper, 0)
attempt("signal by pidfd", lambda: call(424, handle, signal.SIGKILL, 0, 0))
attempt("signal to its group", lambda: os.killpg(os.getpgid(keeper), signal.SIGKILL))
def through_a_socket():
    import fcntl
    one, other = socket.socketpair()
    fcntl.fcntl(one, fcntl.F_SETOWN, keeper)
    fcntl.fcntl(one, 10, signal.SIGKILL)
    fcntl.fcntl(one, fcntl.F_SETFL, fcntl.fcntl(one, fcntl.F_GETFL) | os.O_ASYNC)
    other.send(b"x")
attempt("arm a signal by a socket", through_a_socket)
import resource
attempt("limit its CPU time", lambda: resource.prlimit(keeper, resource.RLIMIT_CPU, (1, 1)))
attempt("lower its priority", lambda: os.setpriority(os.PRIO_PROCESS, keeper, 19))
attempt("move it to one core", lambda: os.sched_setaffinity(keeper, {0}))
attempt("make it idle", lambda: os.sched_setscheduler(keeper, os.SCHED_IDLE, os.sched_param(0)))
honest()
