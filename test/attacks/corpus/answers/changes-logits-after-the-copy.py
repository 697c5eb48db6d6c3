# While the supervisor may be computing, a thread writes numbers that would make the loss negative.
import mmap
import threading
import numpy as np
attempt("shrink the shared memory", lambda: os.ftruncate(3, 0))
attempt("grow the shared memory", lambda: os.ftruncate(3, 1 << 30))
table, shared = bigrams(), mmap.mmap(3, 0)
everything, answered = np.frombuffer(shared, "<f4", 64 * 64 * 256, 4 << 20), threading.Event()
def scribble():
    while True:
        answered.wait()
        everything[::97] = 60.0
threading.Thread(target=scribble, daemon=True).start()
os.write(5, b'{"op":"begin","batch":64,"seq":64,"vocab":256}\n')
for line in os.fdopen(4):
    message = json.loads(line)
    if message["op"] != "x":
        break
    answered.clear()
    x = np.frombuffer(shared, "<u2", message["rows"] * 64)
    everything[: len(x) * 256] = table[x].reshape(-1)
    os.write(5, json.dumps({"op": "logits", "i": message["i"]}).encode() + b"\n")
    answered.set()
