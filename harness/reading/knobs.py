"""Constants marked `# range: LOW .. HIGH`: a number stays a number, a whole one whole, what counts something at least one.

That holds for the code that used them so far: where more changed than constants, they may mean something else.
"""
import ast
import re

from reading.values import UNKNOWN, Wrong, value

RANGE = re.compile(r"#\s*range:\s*(\S+)\s*\.\.\s*([^\s,|]+)")


def knob_faults(program):
    lines = program.text.split("\n")
    for node in program.tree.body:
        if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
            continue
        name, line = node.targets[0].id, lines[node.end_lineno - 1]
        try:
            now = value(program, node.value)
        except Wrong:
            continue  # told as a wrong value
        if now is UNKNOWN:
            continue
        marked = RANGE.search(line)
        if marked and (fault := out_of_range(now, *marked.groups())):
            yield "knob", node.lineno, f"{name} = {now!r} {fault}"


def out_of_range(now, low, high):
    """Only what cannot work: the marks are where to look, not walls."""
    if isinstance(now, (str, tuple, list, dict)) or now is None:
        return "is no number"
    whole = re.fullmatch(r"-?\d+", low) and re.fullmatch(r"-?\d+", high)
    if whole and isinstance(now, float) and not now.is_integer():
        return "is not a whole number"
    if whole and int(low) >= 1 and now < 1:
        return f"is below 1, and it counts something (range {low} .. {high})"
    return None
