"""The child's output on its way to run.log: any amount comes in, a bounded head and tail go out."""
import hashlib
import os
import re

HEAD_BYTES = 1 << 20  # Hours of progress lines; written as they come, so that people can watch.
TAIL_BYTES = 1 << 18  # Tracebacks and the summary stand at the end.
SUMMARY_LINE = re.compile(
    rb"^(?:---|(val_bpb|training_seconds|total_seconds|peak_vram_mb|mfu_percent|total_tokens_M|num_steps|num_params_M|depth)"
    rb": {1,20}([0-9]{1,12}(?:\.[0-9]{1,6})?))\r?$", re.MULTILINE)
HELD_MARK = b"\n[supervisor: after the first validation batch only the summary is shown]\n"
LINE_BYTES = 4096


class Relay:
    """Counts and hashes every byte of the child, shows a bounded part of it. Memory stays below 4 TAIL_BYTES.

    `summary` maps the keys printed after the evaluation to their values, both bytes; `error` is the OSError that stopped
    the writing of the log, if one did.
    """

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.bytes = 0
        self.digest = hashlib.sha256()
        self.error = None
        self._head_left = HEAD_BYTES
        self._tail = bytearray()
        self._shown = 0
        self._held = False
        self._line = b""
        self.summary = {}

    def take(self, chunk):
        """One piece of output, as it came."""
        self.bytes += len(chunk)
        self.digest.update(chunk)
        self._show(self._summary_of(chunk) if self._held else chunk)

    def hold(self):
        """From now on validation text may stand in the output: let nothing but summary lines through."""
        if not self._held:
            self._held = True
            self._show(HELD_MARK)

    def say(self, sentence):
        """A line of the supervisor's own."""
        self._show(f"\n[supervisor: {sentence}]\n".encode())

    def close(self):
        """Writes what was kept back and the trailer: `bytes` and `sha256` are of the child's whole output."""
        if self._held:
            self._show(self._summary_of(b"\n"))
        tail = bytes(self._tail[-TAIL_BYTES:])
        cut = self._shown - (HEAD_BYTES - self._head_left) - len(tail)
        if cut > 0:
            self._write(b"\n[supervisor: %d bytes cut]\n" % cut)
        self._write(tail)
        self._write(b"\n[supervisor: end bytes=%d sha256=%s]\n" % (self.bytes, self.digest.hexdigest().encode()))

    def _summary_of(self, chunk):
        """The lines of the summary that `chunk` completes; each key is let through once, as its first value."""
        complete, _, self._line = (self._line + chunk).rpartition(b"\n")
        if len(self._line) > LINE_BYTES:
            self._line = b"\0"  # Too long for a summary line: poison what is still to come of it.
        shown = b""
        for match in SUMMARY_LINE.finditer(complete):
            key = match[1] or b"---"
            if key not in self.summary:
                self.summary[key] = match[2]
                shown += match[0].strip() + b"\n"
        return shown

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
