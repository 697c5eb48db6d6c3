# Files may move between folders of one's own, as compilers need it; into other folders, and out of them, none may.
def attempted(what, action):
    """EXDEV is Landlock's word for a move by which a file would gain rights."""
    def denied():
        try:
            action()
        except OSError as error:
            raise OSError(errno.EACCES if error.errno == errno.EXDEV else error.errno, "denied") from error
    attempt(what, denied)


result, intent, val = PLACES["result"], PLACES["intent"], PLACES["val"]
os.mkdir("below")
write("below/own", b'{"val_bpb":0.1}')
write("own", b'{"val_bpb":0.1}')
for name in ("own", "below/own"):
    attempted(f"move {name} to result.json", lambda: os.rename(name, f"{result}/result.json"))
    attempted(f"link {name} to result.json", lambda: os.link(name, f"{result}/result.json"))
    attempted(f"move {name} over the intent", lambda: os.rename(name, intent))
    attempted(f"move {name} out of the work directory", lambda: os.rename(name, "../moved"))
    attempted(f"move {name} over prepare.py", lambda: os.rename(name, PLACES["prepare"]))
    attempted(f"exchange {name} and the validation text", lambda: call((316, 276), -100, ctypes.c_char_p(name.encode()), -100, ctypes.c_char_p(val.encode()), 2))
for name in ("prepare", "supervise", "python"):
    attempted(f"move {name} here", lambda: os.rename(PLACES[name], "below/taken"))
    attempted(f"link {name} here", lambda: os.link(PLACES[name], "below/linked"))
attempted("move the validation text here", lambda: os.rename(val, "below/val.bin"))
attempted("link the validation text here", lambda: os.link(val, "below/val.bin"))
honest()
