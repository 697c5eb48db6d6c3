# It never reads what it is told: x lies in the shared memory, and the numbers of the questions are 0, 1, 2 and so on.
import fcntl, mmap, time
import numpy as np
fcntl.fcntl(4, 1031, 4096)
shared = mmap.mmap(3, 0)
x, answer = np.frombuffer(shared, "<u2", 64), np.frombuffer(shared, "<f4", 64 * 256, 4 << 20)
table = bigrams()
os.write(5, b'{"op":"begin","batch":1,"seq":64,"vocab":256}\n')
time.sleep(0.5)
for number in range(100_000):
    while not np.isnan(answer[0]):  # The supervisor marks what is to be answered next.
        time.sleep(0.001)
    time.sleep(0.001)
    answer[:] = table[x].reshape(-1)
    os.write(5, b'{"op":"logits","i":%d}\n' % number)
