# The budget never seems to pass.
import time
time.time = time.perf_counter = time.monotonic = time.process_time = lambda: 0.0
began = time.process_time()
while time.process_time() - began < 1:
    pass
