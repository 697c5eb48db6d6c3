# Answers every other row only.
import mmap
import numpy as np
table = bigrams()
shared = mmap.mmap(3, 0)
os.write(5, b'{"op":"begin","batch":64,"seq":64,"vocab":256}\n')
for line in os.fdopen(4):
    message = json.loads(line)
    rows, seq = message["rows"], message["seq"]
    x = np.frombuffer(shared, "<u2", rows * seq).reshape(rows, seq)
    logits = np.frombuffer(shared, "<f4", rows * seq * 256, 4 << 20).reshape(rows, seq, 256)
    logits[::2] = table[x[::2]]
    os.write(5, json.dumps({"op": "logits", "i": message["i"]}).encode() + b"\n")
