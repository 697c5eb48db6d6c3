"""What may still be shown once the child has seen validation text: the summary, and where and why it crashed.

Both are rebuilt from parts that hold next to nothing else: each key of the summary once, with a plain number; frames
named in words of train.py itself; messages in words of train.py and of Python's own errors. Some two hundred bytes of
text could be smuggled through that by a crash, and thirty by a success; all else is counted and dropped.
"""
import builtins
import re

LINE_BYTES = 4096  # Longer lines are no part of a summary or a traceback.
MOST_FRAMES, MOST_ERRORS, MOST_NUMBERS, MOST_MESSAGE = 12, 2, 8, 200
NUMBER = re.compile(
    r"(?:---|(val_bpb|training_seconds|total_seconds|peak_vram_mb|mfu_percent|total_tokens_M|num_steps|num_params_M|depth)"
    r": {1,20}([0-9]{1,12}(?:\.[0-9]{1,6})?))")
BREAK = re.compile(rb"[\r\n]")
COLOUR = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]")
TRACEBACK = "Traceback (most recent call last):"
FRAME = re.compile(r'  File "(?:[^"]*/)?(train|prepare)\.py", line ([0-9]{1,5}), in (\S{1,60})')
ERROR = re.compile(r"([A-Za-z_][A-Za-z_.]{0,60})(?:: (.{0,1000}))?")
WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*|[0-9]+|[^\w\s]|\s+|.", re.ASCII)
PLAIN = set(" ()[],.:;'\"<>=+-*/%@&|^~!")
KNOWN_ERRORS = {name for name in dir(builtins) if name.endswith(("Error", "Exception", "Interrupt", "Exit"))} | {
    "torch.OutOfMemoryError", "torch.cuda.OutOfMemoryError", "torch.AcceleratorError", "numpy.exceptions.AxisError", "numpy.linalg.LinAlgError"}
MESSAGE_WORDS = set("""
a aligned all allocate already ambiguous an and argument arguments array arrays assigned assignment associated at attribute axes axis be before bool
boolean both bounds broadcast built but by bytes call callable can cannot case concatenate concatenation convert core could
cpu cuda data defined dict dim dimension dimensions division does don dtype element elements empty enough equal exactly except expected feature first
float float32 float64 for found from function given got gufunc has have in index indexed indices infinity initialized input inputs int
int32 int64 into integer integers invalid is item items iterable its it key keyword length list local many mat1 mat2 match matmul matrices
memory mismatch missing module more mats multiple multiplied must name nan ndarray new no non none None not number numpy object of on
one only operand operands operator or out output over overflow positional recursion required requires reshape returned same scalar
sequence shape shapes should signature size sizes slice slices str subscript subscriptable support supported t takes tensor tensors
than that the this to together too torch truth tuple two type types unable unbound uint8 unexpected unhashable unpack unsupported
value values variable was were where which with without zero
""".split())
# Of CUDA and PyTorch where a GPU fails: whether the machine or train.py is to blame is read from them.
MESSAGE_WORDS |= set("""
access address are assert async available busy capable CUBLAS_STATUS_ALLOC_FAILED CUBLAS_STATUS_EXECUTION_FAILED cuBLAS cuDNN CUDA CUDNN_STATUS_ALLOC_FAILED
calling call detected device driver during ECC encountered error exclusive execution failed failure hardware illegal initialized insufficient GPU GPUs
kernel image launch lost misaligned NVLink OS operation over parameters process ran runtime s side stack system terminated thread timed Tried
triggered uncorrectable unavailable unknown unspecified version when yet
""".split())


class Redaction:
    """`take` gives back what of a piece of output may be shown; `summary` maps keys to the printed numbers, as text."""

    def __init__(self, sources):
        """`sources`: the texts of train.py and prepare.py, whose words were known before any validation text."""
        self.summary = {}
        self._words = MESSAGE_WORDS.union(*(re.findall(r"[A-Za-z_][A-Za-z_0-9]*", source) for source in sources))
        self._line = b""
        self._frames = self._errors = 0
        self._numbers = MOST_NUMBERS

    def take(self, chunk):
        *complete, self._line = BREAK.split(self._line + chunk)
        if len(self._line) > LINE_BYTES:
            self._line = b"\0"  # Spoils what is still to come of the line.
        return b"".join(self._shown(line) for line in complete if line and len(line) <= LINE_BYTES)

    def _shown(self, line):
        text = COLOUR.sub("", line.decode("ascii", "replace")).rstrip()
        if match := NUMBER.fullmatch(text):
            return self._number(match, text)
        if text == TRACEBACK:
            return TRACEBACK.encode() + b"\n" if self._frames < MOST_FRAMES else b""
        if match := FRAME.fullmatch(text):
            return self._frame(*match.groups())
        match = ERROR.fullmatch(text)
        return self._error(*match.groups()) if match and match[1] in KNOWN_ERRORS else b""

    def _number(self, match, text):
        key = match[1] or "---"
        if key in self.summary:
            return b""
        self.summary[key] = match[2]
        return text.encode() + b"\n"

    def _frame(self, file, line, function):
        self._frames += 1
        if self._frames > MOST_FRAMES:
            return b""
        function = function if function in self._words or function in ("<module>", "<lambda>") else "?"
        return f'  File "{file}.py", line {line}, in {function}\n'.encode()

    def _error(self, kind, message):
        self._errors += 1
        if self._errors > MOST_ERRORS:
            return b""
        told = "".join(map(self._told, WORD.findall(message or "")))[:MOST_MESSAGE]
        return f"{kind}: {told}".rstrip(": ").encode() + b"\n"

    def _told(self, word):
        if word in self._words or word in PLAIN:
            return word
        if word.isspace():
            return " "
        if word.isdigit() and len(word) <= 7 and self._numbers > 0:
            self._numbers -= 1
            return word
        return "?"
