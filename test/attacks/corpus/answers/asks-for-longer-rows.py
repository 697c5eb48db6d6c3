os.write(5, b'{"op":"begin","batch":1,"seq":4096,"vocab":256}\n')
signal.pause()
