block = (b"x" * 99 + b"\n") * 10000
for _ in range(1074):
    os.write(1, block)
honest()
