"""One run from its start to its end: what is listened to, in which order things end, and who is to blame."""
import os
import select
import sys
import time

from seal import child, exit_status, gpu
from seal.compiled import Compiled
from seal.confine import levels
from seal.confine.traces import Traces
from seal.confine.visible import CONTAINED, Paths, interpreter_folders, read_by
from seal.errors import Broken, Refused
from seal.evaluation import shared_memory
from seal.evaluation.timing import Timing
from seal.inputs import Inputs
from seal.log import Log
from seal.process import machine_pace, tree, workdir
from seal.process.limits import LAST_DISK_MB, MANY_PROCESSES, Limits, oom_kills
from seal.process.suspension import Suspension
from seal.process.unlinked import Unlinked
from seal.redaction import Redaction

SAMPLE_SECONDS = 0.25
LOOK_SECONDS = 0.04  # The longest wait for whatever the child may do.
QUIET_SECONDS = 1.0


class Run:
    def __init__(self, run_dir, options):
        self.run_dir, self.options = run_dir, options
        self.inputs = Inputs()
        self.tree = self.protocol = self.sittings = self.output = self.unlinked = None
        self.log = Log(run_dir.log)
        self.confinement = levels.Confinement("none", None, False, False)
        self.began = time.monotonic()
        self.start_seconds, self.training_seconds = 0.0, None
        self.suspension = Suspension()
        self.pace = machine_pace.CpuSeconds()
        self.exit_code = self.signal = self.compiled = self.gpu = None  # gpu: the driver's facts, where the run was to have one.
        self.stopping = False

    def elapsed(self):
        return time.monotonic() - self.began

    # Before the child ----------------------------------------------------------------------------------------------

    def choose_confinement(self):
        """Finds the best confinement. Raises Refused where it is not good enough, or keeps from the run the GPU that it is to have."""
        sealed = os.path.realpath(self.options.sealed)
        source = [self.inputs.dataset.source] if self.inputs.dataset.source else []
        compiled = [os.path.realpath(folder) for folder in [self.options.compiled] if folder]
        hidden = (*self.run_dir.hidden(), os.path.join(sealed, "val.bin"), os.path.join(sealed, "reserve.bin"), os.path.join(sealed, "meta.json"), sealed, *source, *compiled)
        readable = (os.path.realpath(self.options.harness), os.path.realpath(self.options.text))
        self.paths = Paths(self.run_dir.work, readable, hidden, self.options.gpu)
        self.confinement = levels.choose(self.paths, self.options.confine)
        if self.confinement.level != "landlock":
            for note in self.confinement.notes:
                self.log.say(f"not possible here: {note}")
        if self.inputs.dataset.source in self.confinement.seen:
            raise Refused("unsealed", f"train.py could read the original of the text, {self.inputs.dataset.source}; move it elsewhere")
        if self.confinement.level == "none" and self.inputs.intent.require_sealed:
            raise Refused("unsealed", "; ".join(self.confinement.notes) or "the run was started without confinement")
        if self.options.gpu:
            self.gpu = gpu.first(self.confinement, self.paths)
            if compiled and self.confinement.level != "none":
                self.compiled = Compiled(*compiled, self.gpu, self.log.say)
                self.compiled.bring(self.run_dir.work, self.confinement.uid, self.inputs.intent)

    def spawn(self, references):
        """Starts train.py; the protocol is ready for it. Raises Refused."""
        # All that is loaded is loaded before the child lives, so that it can neither delay that nor change it.
        import numpy.random  # noqa: F401  (numpy itself would load it at the exam)
        from seal.evaluation.protocol import Protocol
        from seal.evaluation.unseen import Sittings
        output_reader, output_writer = os.pipe()
        questions_reader, questions_writer = os.pipe()
        answers_reader, answers_writer = os.pipe()
        child.widen(output_reader)
        memory = shared_memory.create(self.run_dir.work)
        self.pace = machine_pace.of(self.inputs.intent.clock, lambda speed: shared_memory.put_pace(memory, speed))
        ready = child.Ready()
        env = child.environment(self.inputs.intent, *self.paths.readable, self.run_dir.work, self.options.gpu)

        def become_child():
            child.become([sys.executable, "train.py"], env, self.run_dir.work, output_writer,
                         (memory, questions_reader, answers_writer), ready, child.most_processes(self.confinement.uid),
                         int(self.options.disk_mb * 2**20), lambda: levels.confine(self.confinement, self.paths, self.inputs.intent.clock))

        confined = self.confinement.level != "none"
        self.traces = Traces(read_by(self.paths) if confined else [], [*interpreter_folders(), *self.paths.readable], self.log.say)
        given = (output_writer, questions_reader, answers_writer, ready.writer)
        self.tree = tree.start(become_child, given, self.confinement.scoped, self.confinement.uid, self.traces.before())
        self.began = time.monotonic()
        self.suspension.look(0.0, time.process_time())
        for descriptor in given[:-1]:
            os.close(descriptor)
        os.set_blocking(output_reader, False)
        self.output = output_reader
        self.pace.follow(self.tree.reaper)
        try:
            ready.wait()
        except child.SetupFailed as error:
            raise Refused("setup", str(error)) from error

        self.sittings = Sittings(self.inputs.dataset, references, self.inputs.intent.unseen, self.log.say, self.begin_evaluation)
        timing = Timing(self.budget_seconds, self.inputs.intent)
        self.unlinked = Unlinked(memory)
        self.protocol = Protocol(memory, answers_reader, questions_writer, self.inputs.dataset, self.sittings, timing, self.options.gpu)

    def budget_seconds(self):
        """Seconds since the start on the clock that the budget counts; by the wall where only the child can count it."""
        return self.pace.counted(self.tree.usage().most_cpu_seconds) if self.inputs.intent.clock == "cpu" else self.elapsed()

    # While it runs -------------------------------------------------------------------------------------------------

    def begin_evaluation(self):
        """train.py asks to be examined: its training is over, and from now on its output may hold validation text."""
        self.start_seconds = self.elapsed()
        self.training_seconds = self.budget_seconds()
        self.drain(child.PIPE_BYTES)
        self.log.redact(Redaction(self.inputs.sources))
        if self.compiled:
            self.compiled.keep(self.run_dir.work, self.inputs.intent)
        self.run_dir.show_phase("evaluating")

    def watch(self, limits):
        """Listens until train.py has ended. Raises Broken or Refused."""
        protocol, poll, sample_at = self.protocol, select.poll(), 0.0
        for descriptor in (self.output, protocol.answers, self.tree.report):
            poll.register(descriptor, select.POLLIN)
        while self.tree.status is None and not self.tree.ended:
            if self.stopping:
                self.look()
                if self.elapsed() > self.inputs.intent.wall_seconds:  # The Pod's deadline, most likely.
                    raise Broken("wall", "the supervisor was told to stop after its wall")
                raise Refused("stopped", "the supervisor was told to stop; run it again")
            if not protocol.begun:
                self.pace.look(self.tree.crowded)
            for descriptor, _ in poll.poll(1000 * LOOK_SECONDS):
                if descriptor == self.output:
                    if not self.drain(child.PIPE_BYTES):
                        poll.unregister(self.output)
                elif descriptor == protocol.answers:
                    protocol.hear()
                    if protocol.closed:
                        poll.unregister(protocol.answers)
                else:
                    self.tree.hear()
            if self.elapsed() >= sample_at:
                sample_at = self.elapsed() + SAMPLE_SECONDS
                if CONTAINED:
                    limits.check_count()
                usage = self.look()
                if usage.processes > MANY_PROCESSES:
                    self.tree.stand_still()
                limits.check(self.elapsed(), usage, self.pace.counted(usage.cpu_seconds), self.training_seconds)
                self.tree.go_on()
        # Its last words may still be in the pipe.
        while not protocol.closed and select.select([protocol.answers], [], [], 0)[0]:
            protocol.hear()

    def look(self):
        """The tree's usage now; notes whether the machine ran since the last look."""
        usage = self.tree.usage()
        self.suspension.look(self.elapsed(), usage.cpu_seconds + time.process_time())
        return usage

    def drain(self, most):
        """Takes output that is there, about `most` bytes of it. False at its end."""
        while most > 0:
            try:
                chunk = os.read(self.output, 1 << 18)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self.log.take(chunk)
            most -= len(chunk)
        return True

    # Afterwards ----------------------------------------------------------------------------------------------------

    def judge_exit(self, ooms_before):
        """Raises Broken or Refused unless train.py ended well with its number measured."""
        status = self.tree.status
        self.exit_code, self.signal = exit_status.code_and_signal(status)
        out_of_reach = self.confinement.scoped or self.confinement.uid is not None
        exit_status.check(status, out_of_reach, lambda: oom_kills() > ooms_before)
        if self.protocol.val_bpb is None:
            raise Broken("no_metric", "train.py ended before its evaluation was complete; let it call evaluate_bpb")
        if self.inputs.intent.clock == "cpu":
            self.tree.settle()

    def measure(self):
        """The whole run. Raises Broken or Refused."""
        self.inputs.read(self.run_dir, self.options)
        if self.inputs.dataset.floor_bpb is not None:
            self.log.say("the text is made up: it is no language, and val_bpb on it says nothing about one")
        self.choose_confinement()
        ooms_before = oom_kills()
        self.spawn(self.inputs.references())
        self.run_dir.show_phase("training")
        limits = Limits(self.inputs.intent, self.run_dir.work, self.confinement.uid, self.options.memory_mb, self.options.disk_mb, self.unlinked)
        try:
            self.watch(limits)
        except Broken as broken:
            self.protocol.refuse(broken.sentence)
            self.look()
            since = None if self.training_seconds is None else self.start_seconds
            if self.suspension.explains(broken.reason, self.elapsed(), self.inputs.intent, since):
                raise Refused("paused", self.suspension.sentence) from broken
            if broken.reason == "start":
                self.pace.check()
            raise
        except Refused as refused:
            if refused.reason == "disk" and (hidden := self.given_back_mb()) > LAST_DISK_MB:
                raise Broken("disk", f"its end gave back {hidden:.0f} MiB of a full disk, which no file of its accounts for") from refused
            raise
        self.judge_exit(ooms_before)
        self.pace.judge()

    def given_back_mb(self):
        """Ends the tree. MiB of disk that are free for it: they were train.py's, in no file that has a name."""
        earlier = workdir.free_mb(self.run_dir.work)
        time.sleep(QUIET_SECONDS)
        before = workdir.free_mb(self.run_dir.work)
        self.tree.end()
        # Where others free space just now, nobody can say whose this was.
        return workdir.free_mb(self.run_dir.work) - before if abs(before - earlier) < 1 else 0.0

    def clean_up(self):
        """Ends the tree and removes what it left, so that validation text it may have kept goes no further."""
        if self.tree is None:
            return
        if not self.tree.end():
            self.log.say("some processes of this run could not be ended")
        # Else whoever ignores SIGCHLD reads what nobody counts.
        self.traces.after(self.tree.read_mb if self.confinement.keeps_books(self.inputs.intent.clock) else 1.0)
        if self.output is not None:
            self.drain(64 * child.PIPE_BYTES)
        try:
            if self.confinement.uid is not None and (left := workdir.clear_shared(self.confinement.uid)):
                self.log.say(f"{left} files in shared folders could not be removed; look for those of uid {self.confinement.uid}")
            if left := workdir.empty(self.run_dir.work):
                self.log.say(f"{left} files in the work directory could not be removed")
            self.run_dir.put_back(self.inputs.train)
        except OSError as error:  # The number is measured; what could not be tidied is said.
            self.log.say(f"the work directory could not be made as it was: {error}")
