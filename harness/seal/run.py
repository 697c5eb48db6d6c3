"""One run from start to result: the loop that listens, measures, keeps the limits, and has the last word."""
import hashlib
import os
import select
import signal
import sys
import time

from seal import child, result, tree
from seal.intent import BadIntent, read_intent
from seal.place import NotPrivate
from seal.relay import Relay
from seal.text import BadText, read_text

SAMPLE_SECONDS = 0.25
MOST_MEMORY_SHARE = 0.9
UNKNOWN = result.UNKNOWN_SHA256


class Refused(Exception):
    """The run cannot be measured as asked, and that is not train.py's doing."""

    def __init__(self, reason, sentence):
        super().__init__(sentence)
        self.reason, self.sentence = reason, sentence


class Broken(Exception):
    """train.py broke a rule or a limit: a word and a sentence."""

    def __init__(self, reason, sentence):
        super().__init__(sentence)
        self.reason, self.sentence = reason, sentence


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def supervise_sha256():
    """sha256 over the lines `sha256  name` of supervise.py and the modules of seal/, in the order of their names."""
    root = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    names = ["supervise.py"] + sorted(f"seal/{n}" for n in os.listdir(os.path.join(root, "seal")) if n.endswith(".py"))
    listing = "".join(f"{sha256_of(os.path.join(root, name))}  {name}\n" for name in names)
    return hashlib.sha256(listing.encode()).hexdigest()


def gpu_name():
    """What the driver calls the GPUs of this machine; '' where there is none."""
    root = "/proc/driver/nvidia/gpus"
    names = []
    for entry in sorted(os.listdir(root)) if os.path.isdir(root) else []:
        with open(os.path.join(root, entry, "information"), encoding="utf-8", errors="replace") as file:
            names += [line.partition(":")[2].strip() for line in file if line.startswith("Model:")]
    return ", ".join(names)[:80]


class Run:
    def __init__(self, place, options):
        self.place, self.options = place, options
        self.intent = None
        self.relay = None
        self.tree = None
        self.exchange = None
        self.level = "none"
        self.began = time.monotonic()
        self.start_seconds = 0.0
        self.training_seconds = 0.0
        self.hashes = dict.fromkeys(("train_sha256", "prepare_sha256", "supervise_sha256", "data_sha256"), UNKNOWN)
        self.stopping = False
        self.killed = False

    # -- before the child -------------------------------------------------------------------------------------------

    def prepare(self):
        """Reads and checks everything the run is made of. Raises Refused."""
        try:
            self.intent = read_intent(self.place.intent_path)
            self.place.check_private()
            self.hashes["supervise_sha256"] = supervise_sha256()
            self.hashes["prepare_sha256"] = sha256_of(os.path.join(self.options.harness, "prepare.py"))
            self.hashes["train_sha256"] = sha256_of(os.path.join(self.place.work, "train.py"))
            text = read_text(self.options.text, self.options.sealed)
            self.hashes["data_sha256"] = text.data_sha256
            return text
        except (BadIntent, NotPrivate, BadText) as error:
            self.nonce = getattr(error, "nonce", "0" * 32)
            raise Refused("setup", str(error)) from error
        except OSError as error:
            raise Refused("setup", f"{error.filename} cannot be read: {error.strerror}") from error

    def spawn(self):
        output_reader, output_writer = os.pipe()
        questions_reader, questions_writer = os.pipe()
        answers_reader, answers_writer = os.pipe()
        memory = child.shared_memory(self.place.result)
        ready = child.Ready()
        command = [sys.executable, "train.py"]
        env = child.environment(self.intent, os.path.realpath(self.options.harness), os.path.realpath(self.options.text), self.place.work)

        def become_child():
            child.become(command, env, self.place.work, output_writer, (memory, questions_reader, answers_writer), ready,
                         None, lambda: {})

        self.tree = tree.start(become_child, (output_writer, questions_reader, answers_writer, ready.writer), False, None)
        self.began = time.monotonic()
        for descriptor in (output_writer, questions_reader, answers_writer):
            os.close(descriptor)
        try:
            ready.wait()
        except child.SetupFailed as error:
            raise Refused("setup", str(error)) from error
        os.set_blocking(output_reader, False)
        self.output = output_reader
        return memory, answers_reader, questions_writer

    # -- while it runs ------------------------------------------------------------------------------------------------

    def elapsed(self):
        return time.monotonic() - self.began

    def watch(self, exchange):
        """Listens until train.py has ended. Raises Broken, or exchange.Refusal."""
        poll = select.poll()
        for descriptor in (self.output, exchange.answers, self.tree.report):
            poll.register(descriptor, select.POLLIN)
        sample_at = 0.0
        while self.tree.status is None and not self.tree.ended:
            if self.stopping:
                raise Refused("stopped", "the supervisor was told to stop")
            for descriptor, _ in poll.poll(1000 * SAMPLE_SECONDS / 2):
                if descriptor == self.output:
                    if not self.drain(once=True):
                        poll.unregister(self.output)
                elif descriptor == exchange.answers:
                    self.listen(exchange)
                    if exchange.closed:
                        poll.unregister(exchange.answers)
                else:
                    self.tree.hear()
            if self.elapsed() >= sample_at:
                sample_at = self.elapsed() + SAMPLE_SECONDS
                self.keep_limits(exchange)
        # Its last words may still be in the pipe.
        while not exchange.closed and select.select([exchange.answers], [], [], 0)[0]:
            self.listen(exchange)

    def listen(self, exchange):
        was_begun = exchange.begun
        if not was_begun:
            start, training = self.elapsed(), self.budget_seconds()
        exchange.hear()
        if exchange.begun and not was_begun:
            self.start_seconds, self.training_seconds = start, training
            self.drain(once=False)
            self.relay.hold()
            self.place.show_phase("evaluating")

    def budget_seconds(self):
        return self.tree.usage().cpu_seconds if self.intent.clock == "cpu" else self.elapsed()

    def keep_limits(self, exchange):
        usage = self.tree.usage()
        if self.elapsed() > self.intent.wall_seconds:
            raise Broken("wall", f"it ran for {self.elapsed():.0f} s; {self.intent.wall_seconds:g} s is the most")
        if not exchange.begun and self.intent.clock != "virtual":
            used = usage.cpu_seconds if self.intent.clock == "cpu" else self.elapsed()
            if used > self.intent.start_seconds:
                kind = "CPU seconds" if self.intent.clock == "cpu" else "seconds"
                raise Broken("start", f"no evaluation after {used:.0f} {kind}; {self.intent.start_seconds:g} is the most")

    def drain(self, once):
        """Takes output that is there. False at its end."""
        while True:
            try:
                chunk = os.read(self.output, 1 << 18)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self.relay.take(chunk)
            if once:
                return True

    # -- afterwards ---------------------------------------------------------------------------------------------------

    def verdict(self, exchange):
        """How it ended, when nothing was broken: status, reason, sentence, exit code, signal."""
        status = self.tree.status
        if status is None:
            raise Refused("setup", "the keeper of the process tree ended early")
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            return "crashed", "signal", f"train.py was ended by signal {number}", None, number
        code = os.WEXITSTATUS(status)
        if code:
            return "crashed", "exit", f"train.py exited with code {code}", code, None
        if exchange.val_bpb is None:
            return "crashed", "no_metric", "train.py ended before its evaluation was complete", code, None
        return "finished", "", "", code, None


def supervise(place, options):
    """Runs what lies at `place` and leaves its result there. The exit status is 0 whenever a result was written."""
    run = Run(place, options)
    signal.signal(signal.SIGTERM, lambda *_: setattr(run, "stopping", True))
    place.show_phase("starting")
    exchange = None
    exit_code = number = None
    run.relay = Relay(place.open_log())
    try:
        text = run.prepare()
        memory, answers, questions = run.spawn()
        # numpy comes after the fork: the child starts sooner, and this process forked without threads.
        from seal.exam import Exam
        from seal.exchange import Exchange, Refusal
        place.show_phase("training")
        exchange = Exchange(memory, answers, questions, text, Exam)
        try:
            run.watch(exchange)
            status, reason, sentence, exit_code, number = run.verdict(exchange)
        except (Broken, Refusal) as broken:
            exchange.refuse(broken.sentence)
            status, reason, sentence = "crashed", broken.reason, broken.sentence
    except Refused as refused:
        status, reason, sentence = "refused", refused.reason, refused.sentence
    if run.tree is not None:
        run.tree.end()
        if hasattr(run, "output"):
            run.drain(once=False)
    if reason:
        run.relay.say(f"{status}: {reason}: {sentence}")
    run.relay.close()
    printed = run.relay.summary
    if run.intent is not None and run.intent.clock == "virtual" and b"training_seconds" in printed:
        run.training_seconds = float(printed[b"training_seconds"])
    steps = printed.get(b"num_steps")
    place.put_result(result.encode({
        "schema": 1,
        "nonce": run.intent.nonce if run.intent else run.nonce,
        "status": status, "reason": reason, "sentence": sentence, "exit_code": exit_code, "signal": number,
        "val_bpb": exchange.val_bpb if exchange is not None and status == "finished" else None,
        "start_seconds": round(run.start_seconds, 3),
        "training_seconds": round(run.training_seconds, 3),
        "wall_seconds": round(run.elapsed(), 3),
        "memory_mb": round(run.tree.peak_mb, 1) if run.tree else 0.0,
        "steps": int(steps) if steps and steps.isdigit() else None,
        **run.hashes,
        "gpu": gpu_name(),
        "log_bytes": run.relay.bytes, "log_sha256": run.relay.digest.hexdigest(),
        "sealed": run.level,
    }))
    return 0
