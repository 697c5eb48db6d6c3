"""Reads a train.py without running it: is it Python, what does it compute, what would crash it.

    python3 -I preflight.py < request.json > answer.json

Request: {"prepare": text, "files": [text, …], "inspect": bool}. Answer: for each file {"sum", "seedless", "frame",
"evaluations", "patched", "faults": [{"rule", "line", "sentence"}, …], "trouble"}, or {"error": {"line", "sentence"}} where it is no Python. Without
`inspect` only the sums are told. Nothing of the files is executed or imported. Python 3.10 or later and nothing else;
where numpy is at hand, what the files ask of numpy is looked up in it.
"""
import itertools
import json
import os
import resource
import sys
import warnings

# The interpreter runs isolated (-I), which leaves out this folder.
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy is looked into, not used

from reading.attributes import attribute_faults
from reading.calls import call_faults
from reading.imports import import_faults
from reading.knobs import knob_faults
from reading.measurement import evaluations, patched
from reading.names import name_faults
from reading.program import Program
from reading.same import frame, seedless, sum_of
from reading.values import value_faults

CPU_SECONDS, CPU_SECONDS_PER_FILE = 20, 2
# An honest file takes a seventh of this, sixty of them with numpy two thirds; a controller's Pod has twice as much.
MEMORY_BYTES = 256 << 20
FAULTS_PER_RULE, SENTENCE_CHARS = 200, 500  # nobody reads more, and all of it goes to the controller
RULES = (import_faults, name_faults, attribute_faults, call_faults, knob_faults, value_faults)


def read(text, prepare, inspect):
    try:
        answer = {"sum": sum_of(text)}
        program = Program(text, prepare) if inspect else None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return {"error": {"line": getattr(error, "lineno", None), "sentence": f"{type(error).__name__}: {getattr(error, 'msg', error)}"}}
    if inspect:
        faults, trouble = inspected(program)
        unique = {(rule, sentence): {"rule": rule, "line": line, "sentence": sentence} for rule, line, sentence in reversed(faults)}
        answer |= {"seedless": seedless(text), "frame": frame(text), "evaluations": evaluations(program), "patched": patched(program),
                   "trouble": trouble, "faults": sorted(unique.values(), key=lambda fault: fault["line"])}
    return answer


def inspected(program):
    """Faults by all rules. A rule that is itself at a loss finds nothing: that is no reason to refuse a file."""
    faults, trouble = [], []
    for rule in RULES:
        try:
            faults += [(name, line, sentence[:SENTENCE_CHARS]) for name, line, sentence in itertools.islice(rule(program), FAULTS_PER_RULE)]
        except Exception as error:
            trouble.append(f"{rule.__name__}: {type(error).__name__}: {error}"[:SENTENCE_CHARS])
    return faults, trouble


def limit(what, most):
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def main():
    warnings.simplefilter("ignore")  # what the compiler thinks of a file's style
    request = json.load(sys.stdin)
    # A file may be made to choke a parser. CPU seconds, so that a busy machine ends nothing.
    limit(resource.RLIMIT_CPU, CPU_SECONDS + CPU_SECONDS_PER_FILE * len(request["files"]))
    limit(resource.RLIMIT_AS, MEMORY_BYTES)
    prepare = Program(request["prepare"], None)
    json.dump([read(text, prepare, request["inspect"]) for text in request["files"]], sys.stdout)


if __name__ == "__main__":
    main()
