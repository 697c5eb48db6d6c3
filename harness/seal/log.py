"""The child's output on its way to run.log: any amount comes in, a bounded head and tail go out."""
import hashlib
import os

HEAD_BYTES = 1 << 20  # Hours of progress lines; written as they come, so that people can watch.
TAIL_BYTES = 1 << 18  # Tracebacks and the summary stand at the end.
REDACTED_MARK = b"\n[supervisor: validation text is being shown to train.py; from here only its summary or its error is relayed]\n"


class Log:
    """Counts and hashes every byte of the child, shows a bounded part of it. Memory stays below 4 TAIL_BYTES.

    `error` is the OSError that stopped the writing of the log, if one did.
    """

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.bytes = 0
        self.digest = hashlib.sha256()
        self.error = None
        self._head_left = HEAD_BYTES
        self._tail = bytearray()
        self._shown = 0
        self._redaction = None

    def take(self, chunk):
        """One piece of output, as it came."""
        self.bytes += len(chunk)
        self.digest.update(chunk)
        self._show(self._redaction.take(chunk) if self._redaction else chunk)

    def redact(self, redaction):
        """From now on validation text may stand in the output: only what the redaction gives back is shown."""
        self._redaction = redaction
        self._show(REDACTED_MARK)

    @property
    def summary(self):
        """What train.py printed after its evaluation: numbers, as text, by key."""
        return self._redaction.summary if self._redaction else {}

    def say(self, sentence):
        """A line of the supervisor's own."""
        self._show(f"\n[supervisor: {sentence}]\n".encode(errors="replace"))  # train.py may have worded it.

    def close(self):
        """Writes what was kept back and the trailer: `bytes` and `sha256` are of the child's whole output."""
        if self._redaction:
            self._show(self._redaction.take(b"\n"))
        tail = bytes(self._tail[-TAIL_BYTES:])
        cut = self._shown - (HEAD_BYTES - self._head_left) - len(tail)
        if cut > 0:
            self._write(b"\n[supervisor: %d bytes cut]\n" % cut)
        self._write(tail)
        self._write(b"\n[supervisor: end bytes=%d sha256=%s]\n" % (self.bytes, self.digest.hexdigest().encode()))

    def _show(self, content):
        self._shown += len(content)
        if self._head_left > 0:
            head = content[: self._head_left]
            self._head_left -= len(head)
            self._write(head)
            content = content[len(head) :]
        if content:
            self._tail += content
            if len(self._tail) > 3 * TAIL_BYTES:
                del self._tail[:-TAIL_BYTES]

    def _write(self, content):
        view = memoryview(content)
        while view and self.error is None:
            try:
                view = view[os.write(self.descriptor, view) :]
            except OSError as error:
                self.error = error
