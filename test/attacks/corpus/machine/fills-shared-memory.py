attempt("a file in /dev/shm", lambda: write(f"/dev/shm/{PLACES['marker']}", b"x" * (100 << 20)))
attempt("a file in /tmp", lambda: write(f"/tmp/{PLACES['marker']}", b"x" * (100 << 20)))
import time
time.sleep(3)
honest()
