# The parent is the keeper; the supervisor is its parent, a few numbers below.
near = [pid for pid in range(max(2, os.getppid() - 6), os.getppid() + 1)] + PLACES.get("supervisors", [])
for name in ("mem", "environ", "maps", "auxv"):
    for pid in near:
        try:
            found = read(f"/proc/{pid}/{name}")
        except (FileNotFoundError, ProcessLookupError):
            if pid == os.getppid():
                raise
        except OSError as error:
            tried(f"read {name}", errno.errorcode[error.errno])
        else:
            # Of a stranger nearby who has just ended, or is the kernel's, there is nothing to read.
            if found or pid == os.getppid():
                tried(f"read {name}", "ok")
for name in ("root", "cwd"):
    attempt(f"follow {name}", lambda: os.listdir(f"/proc/{os.getppid()}/{name}/"))
attempt("list descriptors", lambda: os.listdir(f"/proc/{os.getppid()}/fd"))
open_here = []
for descriptor in range(1024):
    try:
        os.fstat(descriptor)
        open_here.append(descriptor)
    except OSError:
        pass
tried("descriptors that were inherited", " ".join(map(str, open_here)))
