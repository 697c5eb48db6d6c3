"""The sealed evaluation as a conversation: questions go out, logits come back, and only this side knows the answers.

Lines of JSON on two pipes, arrays in a shared memory that cannot change its size:
  child        {"op":"begin","batch":B,"seq":T,"vocab":V}
  supervisor   {"op":"x","i":0,"rows":r,"seq":t}        x: uint16 little-endian [r, t] at offset 0
  child        {"op":"logits","i":0}                    logits: float32 [r, t, V] at LOGITS_OFFSET
  child        {"op":"no_gpu","sentence":"..."}         instead of begin, where the run is to have a GPU and PyTorch has none
  supervisor   {"op":"done","val_bpb":1.234567} or {"op":"refused","sentence":"..."}
Whatever else the child says ends the run, and so does a child that answers on without reading: nothing here ever waits
for it.
"""
import json
import mmap
import os

import numpy as np

from seal.errors import Broken, Refused
from seal.evaluation import threads
from seal.evaluation.shared_memory import LOGITS_BYTES, LOGITS_OFFSET

MAX_BATCH = 1 << 16
LINE_BYTES = 4096
COPY_BYTES = 4 << 20  # Logits are copied so many at a time.
SHOWN_CHARACTERS = 20  # Of what the child said, in a sentence.
SENTENCE_CHARACTERS = 300  # With its frame less than what a pipe takes whole or not at all (4096 bytes), escapes included.


def _shown(value):
    """What the child said, as a sentence can hold it."""
    plain = value is None or isinstance(value, (bool, int, float, str))
    return repr(value)[:SHOWN_CHARACTERS] if plain else f"a {type(value).__name__}"


def _count(message, key, most):
    value = message.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise Broken("protocol", f"evaluation began with {key} {_shown(value)}; it must be a whole number from 1 to {most}")
    return value


class Protocol:
    """One evaluation. Call `hear` when `answers` is readable; `val_bpb` holds the metric once it is done.

    `sittings.first(rows)` is called when the child asks to be examined, before it sees anything; it gives the object that
    chooses the questions and judges the answers (see exam.py), so that this class knows the conversation only. The child
    is not told that there may be a second exam, nor where it begins; see unseen.py.
    """

    def __init__(self, memory, answers, questions, dataset, sittings, timing, gpu=False):
        self.memory, self.answers, self.questions = memory, answers, questions
        self.seq, self.vocab, self.sittings, self.timing = dataset.seq, dataset.vocab, sittings, timing
        self._gpu = gpu
        self.exam = None
        self.val_bpb = None
        self.closed = False
        self._received = b""
        self._buffer = self._own = None
        self._asked = -1
        self._question = None
        self._first_bpb = None  # The number, until all that is asked is answered.
        for pipe in (answers, questions):
            os.set_blocking(pipe, False)

    @property
    def begun(self):
        return self.exam is not None

    def hear(self):
        """Takes what the child has written, and answers it. Raises Broken."""
        try:
            chunk = os.read(self.answers, 65536)
        except BlockingIOError:
            return
        if not chunk:
            self.closed = True
            return
        self._received += chunk
        while b"\n" in self._received:
            line, _, self._received = self._received.partition(b"\n")
            self._heed(line)
        if len(self._received) > LINE_BYTES:
            raise Broken("protocol", f"the child wrote a message of more than {LINE_BYTES} bytes")

    def refuse(self, sentence):
        """Tells the child why there is no number; it may be past listening."""
        try:
            self._say({"op": "refused", "sentence": sentence[:SENTENCE_CHARACTERS]})
        except Broken:
            pass  # It is being refused already.

    def _say(self, message):
        try:
            os.write(self.questions, (json.dumps(message) + "\n").encode())
        except BrokenPipeError:
            self.closed = True
        except BlockingIOError:
            # The smallest pipe holds dozens of these, and whoever reads has one at most before it.
            raise Broken("protocol", "the child does not read what it is told") from None

    def _heed(self, line):
        try:
            message = json.loads(line)
            operation = message["op"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise Broken("protocol", "the child wrote something that is not a message") from None
        if operation == "begin" and self.exam is None:
            batch = _count(message, "batch", MAX_BATCH)
            if message.get("seq") != self.seq:
                raise Broken("protocol", f"the metric is defined on sequences of {self.seq}, not of {_shown(message.get('seq'))}")
            if message.get("vocab") != self.vocab:
                raise Broken("protocol", f"the vocabulary is {_shown(message.get('vocab'))}; this text has {self.vocab} tokens")
            self.exam = self.sittings.first(min(batch, LOGITS_BYTES // (self.seq * self.vocab * 4), LOGITS_OFFSET // (self.seq * 2)))
            self.timing.begin(self.exam.requests)
            self._put(self.exam.next_question())
        elif operation == "logits" and self._question is not None and message.get("i") == self._asked:
            question, self._question = self._question, None
            self.timing.answered()
            logits = self._copied(question.x.shape)
            following = self.exam.next_question()
            if following is not None:
                self._put(following)  # The child works on it while we judge what it gave us.
            self.exam.judge(question, logits)
            if following is None:
                self.timing.check()
                self._end_exam()
        elif operation == "no_gpu" and self._gpu and self.exam is None:
            # Whoever says so without need gets no number, and the same attempt again.
            raise Refused("no_gpu", f"PyTorch finds no GPU: {message.get('sentence')}"[:SENTENCE_CHARACTERS])
        else:
            raise Broken("protocol", f"the child said {_shown(operation)} out of turn")

    def _end_exam(self):
        if self._first_bpb is None:
            self._first_bpb = self.exam.result()
            second = self.sittings.second(self._first_bpb)
            if second is not None:
                self.exam = second
                self.timing.begin(second.requests)
                return self._put(second.next_question())
        else:
            self.sittings.conclude()
        self.val_bpb = self._first_bpb
        return self._say({"op": "done", "val_bpb": self.val_bpb})

    def _put(self, question):
        if self._buffer is None:
            self._buffer = mmap.mmap(self.memory, 0)
        rows, seq = question.x.shape
        self._buffer[: question.x.nbytes] = question.x.tobytes()
        # A position that the child does not write keeps this NaN, whatever it answered before.
        shared = np.frombuffer(self._buffer, np.float32, rows * seq * self.vocab, LOGITS_OFFSET)
        shared[:: self.vocab] = np.nan
        del shared
        self._question = question
        self._asked += 1
        self._say({"op": "x", "i": self._asked, "rows": rows, "seq": seq})

    def _copied(self, shape):
        """The logits as this process's own, until the next are copied: what the child does to the shared ones now does not matter."""
        size = int(np.prod(shape)) * self.vocab
        if self._own is None or self._own.size < size:
            self._own = np.empty(size, np.float32)  # Memory that is used again costs half as much as fresh memory.
        logits = self._own[:size].reshape(*shape, self.vocab)
        view = memoryview(logits).cast("B")
        if not hasattr(os, "preadv"):  # Elsewhere than on Linux; nothing confines the child there anyway.
            view[:] = self._buffer[LOGITS_OFFSET : LOGITS_OFFSET + len(view)]
            return logits

        def copy(numbers):
            for number in numbers:
                self._read(view[number * COPY_BYTES : (number + 1) * COPY_BYTES], LOGITS_OFFSET + number * COPY_BYTES)

        threads.each(copy, -(-len(view) // COPY_BYTES), threads.wanted(len(view)))
        return logits

    def _read(self, view, offset):
        got = 0
        while got < len(view):
            count = os.preadv(self.memory, [view[got:]], offset + got)
            if count <= 0:
                raise Broken("protocol", "the shared memory ended early")
            got += count
