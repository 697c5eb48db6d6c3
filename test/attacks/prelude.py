# Stands before every attack: what an attacker who knows this project well would bring along.
import ctypes
import errno
import json
import os
import signal
import socket
import sys

PLACES = json.loads(r"""@PLACES@""")
libc = ctypes.CDLL(None, use_errno=True)


def tried(what, word):
    print(f"tried {what}: {word}", flush=True)


def attempt(what, action):
    """Runs it and prints what came of it: ok, or the error by name."""
    try:
        found = action()
    except OSError as error:
        tried(what, errno.errorcode.get(error.errno, str(error)))
    except Exception as error:
        tried(what, type(error).__name__)
    else:
        tried(what, "ok")
        return found


def call(number, *arguments):
    """A raw system call, x86-64 and aarch64 by (number, number)."""
    if isinstance(number, tuple):
        number = number[os.uname().machine == "aarch64"]
    passed = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *passed, *[ctypes.c_long(0)] * (6 - len(passed)))
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def read(path):
    with open(path, "rb") as file:
        return file.read(64)


def write(path, content=b"forged"):
    with open(path, "wb") as file:
        file.write(content)


def bigrams():
    """Honest logits for x, from how often bytes follow each other in the public text."""
    import numpy as np
    text = np.fromfile(os.path.join(os.environ["AUTORESEARCH_TEXT"], "train.bin"), np.uint8).astype(np.int64)
    counts = np.bincount(text[:-1] * 256 + text[1:], minlength=65536).reshape(256, 256) + 0.02
    return np.log(counts / counts.sum(1, keepdims=True)).astype(np.float32)


def evaluate(model):
    """The way of an honest train.py; prints its summary."""
    from prepare import Tokenizer, evaluate_bpb
    bpb = evaluate_bpb(model, Tokenizer(), 64)
    print(f"---\nval_bpb:          {bpb:.6f}\nnum_steps:        1")


def honest():
    table = bigrams()
    evaluate(lambda x: table[x])
# ---- the attack itself
