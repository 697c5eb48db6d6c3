import time
for number in range(64):
    write(f"filler{number}", os.urandom(1 << 20) * 4)
    time.sleep(0.05)
time.sleep(60)
