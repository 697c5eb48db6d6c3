"""Whether a file still lets itself be measured: it comes to evaluate_bpb, and leaves what prepare.py gives as it is."""
import ast

from reading.program import names_in
from reading.reached import reached

EVALUATION = "evaluate_bpb"
FIXED = {EVALUATION, "TIME_BUDGET", "EVAL_TOKENS", "MAX_SEQ_LEN", "clock", "tick", "peak_memory_mb", "make_dataloader"}


def evaluations(program):
    """How many places that a run may reach name prepare.py's evaluate_bpb, called there or handed on."""
    names = {name for name, origin in program.from_prepare.items() if origin == EVALUATION}
    found = [node for node in program.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names
             or isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.attr == EVALUATION
             or isinstance(node, ast.Constant) and node.value == EVALUATION]
    if any(isinstance(n, ast.ImportFrom) and n.module == "prepare" and any(a.name == "*" for a in n.names) for n in program.nodes):
        found += [node for node in program.nodes if isinstance(node, ast.Name) and node.id == EVALUATION]
    return sum(node in reached(program) for node in found)


def patched(program):
    """What of prepare.py the file replaces for itself as a whole: a name of its own in a function or a class is its own affair."""
    found = set()
    for name, nodes in program.bindings.items():
        imported = any(isinstance(node, ast.ImportFrom) for node in nodes) and program.from_prepare.get(name) == name
        if name in FIXED and imported and any(not isinstance(node, ast.ImportFrom) and not program.guarded(node) for node in nodes):
            found.add(name)
    found |= {name for name in program.globals & FIXED if program.from_prepare.get(name) == name}
    given = names_in(program.prepare.tree)
    for node in program.nodes:
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load) and is_prepare(program, node.value) and node.attr in given:
            found.add(f"prepare.{node.attr}")
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "setattr" and len(node.args) > 1 and is_prepare(program, node.args[0]) \
                and getattr(node.args[1], "value", None) in given:
            found.add(f"prepare.{node.args[1].value}")
    return sorted(found)


def is_prepare(program, node):
    name = getattr(node, "id", None)
    return isinstance(node, ast.Name) and program.modules.get(name) == "prepare" and not program.rebound(name, node)
