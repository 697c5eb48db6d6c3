os.write(5, b'{"op":"begin","batch":64,"seq":64,"vocab":256}\n')
while True:
    signal.pause()
