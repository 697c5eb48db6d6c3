"""What makes numbers comparable besides the text, the image and the budget: one line of words that goes into a lane's Conditions.

The code that measures is in it as a version, not as a sum: a comment or a better sentence changes no number. prepare.py,
which a person may edit, is in it as a sum of its code.
"""
import ast
import hashlib
import io
import platform
import sys
import tokenize
from importlib import metadata

VERSION = 2  # Raise it with every change of supervise.py or seal/ after which the same train.py could have another number.

MOST_OF_A_NAME = 48  # What a processor has for it.


def words(prepare, gpu, image=False):
    """The line, for the bytes of a prepare.py. `gpu`: it computes, and not the processor. `image`: the rest is in one, whose name says it."""
    parts = {"prepare": code_sha256(prepare)[:16], "supervise": f"v{VERSION}"}
    if image:
        return _line(parts)
    parts["python"] = "{}.{}".format(*sys.version_info)
    computes = "torch" if gpu else "numpy"
    parts[computes] = _version(computes)
    if not gpu:
        parts["processor"] = processor()
    return _line(parts)


def _line(parts):
    return " ".join(f"{name}:{'_'.join(value.split())}" for name, value in parts.items() if value)


def code_sha256(source):
    """sha256 of Python source without its comments, docstrings, blank lines and blanks at line ends; of all bytes where it is no Python."""
    try:
        text = source.decode().replace("\r\n", "\n")
        lines = text.split("\n")
        gone = [*_docstrings(ast.parse(text)), *_comments(text, lines)]
    except (SyntaxError, ValueError, tokenize.TokenError):
        return hashlib.sha256(source).hexdigest()
    for first, start, last, end in sorted(gone, reverse=True):
        kept = lines[first - 1].encode()[:start].decode() + lines[last - 1].encode()[end:].decode()
        lines[first - 1:last] = [kept] + [""] * (last - first)
    code = [line.rstrip() for line in lines if line.strip()]
    return hashlib.sha256("\n".join(code).encode()).hexdigest()


def processor(cpuinfo="/proc/cpuinfo"):
    """The product that the kernel names; '' where it names none."""
    try:
        with open(cpuinfo, encoding="utf-8", errors="replace") as file:
            facts = dict([part.strip() for part in line.split(":", 1)] for line in file if ":" in line)
    except OSError:
        return platform.processor()[:MOST_OF_A_NAME]
    arm = " ".join(facts[name] for name in ("CPU implementer", "CPU part") if name in facts)
    return (facts.get("model name") or arm or platform.machine())[:MOST_OF_A_NAME]


def _docstrings(tree):
    """(first line, byte, last line, byte) of each."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and body and \
                isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and isinstance(body[0].value.value, str):
            yield body[0].lineno, body[0].col_offset, body[0].end_lineno, body[0].end_col_offset


def _comments(text, lines):
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            start = len(lines[line - 1][:column].encode())
            yield line, start, line, start + len(token.string.encode())


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
