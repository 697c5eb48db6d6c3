if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", PLACES["marker"]])
    os._exit(0)
os.wait()
honest()
