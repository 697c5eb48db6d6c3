hold = []
while True:
    hold.append(bytearray(b"x" * (8 << 20)))
