import time
attempt("close its descriptors to others", lambda: call((157, 167), 4, 0))
held = []
for number in range(100):
    held.append(os.memfd_create("filler"))
    for _ in range(30):
        os.write(held[-1], b"x" * (1 << 20))
    time.sleep(0.05)
time.sleep(60)
