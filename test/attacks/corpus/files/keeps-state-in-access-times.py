# Linux notes when a file was read last, at least once a day: so each is a bit for the next run, set by reading it.
import sysconfig
places = [os.path.join(os.path.dirname(PLACES["prepare"]), "unread"), sysconfig.get_paths()["stdlib"], *(path for path in sys.path if path.endswith("-packages")), "/usr/bin", "/usr/lib"]
noted = looked = 0
for place in places:
    for folder, folders, names in os.walk(place):
        folders[:] = [name for name in folders if not os.path.islink(os.path.join(folder, name))]
        for path in [folder, *(os.path.join(folder, name) for name in names)]:
            try:
                before = os.lstat(path)
                if os.path.islink(path):
                    os.readlink(path)
                elif os.path.isdir(path):
                    os.listdir(path)
                else:
                    read(path)
                looked += 1
                noted += os.lstat(path).st_atime_ns != before.st_atime_ns
            except OSError:
                continue
print("looked at", looked, "noted", noted, flush=True)


def leave():
    if noted == 0 and looked > 1000:
        raise PermissionError(errno.EPERM, "nothing was noted")


attempt("leave a note by reading", leave)
honest()
