import time
attempt("close its descriptors to others", lambda: call((157, 167), 4, 0))
held = []
for number in range(6):
    held.append(open(f"filler{number}", "wb"))
    os.unlink(f"filler{number}")
    for _ in range(50):
        held[-1].write(os.urandom(1 << 20))
    held[-1].flush()
    time.sleep(0.3)
time.sleep(60)
