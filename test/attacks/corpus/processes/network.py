HOST = PLACES.get("host", "127.0.0.1")
def connect(family, kind, address):
    with socket.socket(family, kind) as one:
        one.connect(address)
        one.send(b"x")
attempt("TCP", lambda: connect(socket.AF_INET, socket.SOCK_STREAM, (HOST, PLACES["tcp"])))
attempt("UDP", lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, (HOST, PLACES["udp"])))
def throw():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", (HOST, PLACES["udp"]))
attempt("UDP without connecting", throw)
def open_fast():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
        one.sendto(b"x", 0x20000000, (HOST, PLACES["tcp"]))
attempt("TCP fast open", open_fast)
def listen():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
        one.listen()
attempt("listen on TCP", listen)
attempt("IPv6", lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close())
attempt("multipath TCP", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).close())
attempt("an abstract socket", lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + PLACES["abstract"]))
attempt("a socket by its path", lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, PLACES["unix"]))
attempt("datagrams to a path", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).close())
attempt("datagrams through a pair", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close())
attempt("raw packets", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close())
attempt("vsock", lambda: socket.socket(40, socket.SOCK_STREAM).close())
honest()
