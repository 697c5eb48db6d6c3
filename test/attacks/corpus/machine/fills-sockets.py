# Memory on its way: hundreds of sockets in a few processes, each full of what nobody reads.
def fill():
    pairs = [socket.socketpair() for _ in range(480)]
    for one in (end for pair in pairs for end in pair):
        one.setblocking(False)
        try:
            while True:
                one.send(bytes(1 << 16))
        except BlockingIOError:
            pass
    signal.pause()


for _ in range(4):
    if os.fork() == 0:
        fill()
signal.pause()
