os.write(5, b'{"op":"begin","batch":64,"seq":64,"vocab":256}\n' * 2)
signal.pause()
