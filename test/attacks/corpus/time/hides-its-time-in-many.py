# Works in hundreds of processes of a few milliseconds each: whatever rounds the time of each one down loses most of it.
import time


def work():
    while time.process_time() < 0.009:
        pass


def start(task):
    pid = os.fork()
    if pid == 0:
        try:
            task()
        finally:
            os._exit(0)
    return pid


def have_worked():
    os.waitpid(start(work), 0)
    work()


def have_worked_and_stay():
    have_worked()
    signal.pause()


for number in range(70):
    # Nobody waits for these: they are zombies from then on.
    start(work)
    start(have_worked_and_stay if number % 3 == 0 else have_worked)
    time.sleep(0.027)  # While they work: about one processor is busy at any time.
honest()
