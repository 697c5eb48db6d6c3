# Asks to be examined at once, when no training has been counted, and trains before it answers.
os.write(5, b'{"op":"begin","batch":64,"seq":64,"vocab":256}\n')
os.read(4, 4096)
while True:
    pass
