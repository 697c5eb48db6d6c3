"""Modules that are not there, and names that they do not have."""
import ast
import sys

from reading.library import has, module
from reading.program import names_in


def import_faults(program):
    known = set(sys.stdlib_module_names) | {"prepare", "__future__"} | packages(program.prepare)
    for node in program.nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)) and not program.guarded(node):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            missing = [name for name in names if name.split(".")[0] not in known]
            for name in missing:
                yield "import", node.lineno, f"there is no module {name} here; use what prepare.py imports, or Python's own library"
            if not missing and isinstance(node, ast.ImportFrom):
                yield from unknown_names(program, node)


def packages(prepare):
    """What prepare.py imports is installed."""
    found = set()
    for node in prepare.nodes:
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found | ({"triton"} if "torch" in found else set())  # It comes with PyTorch.


def unknown_names(program, node):
    names = [alias.name for alias in node.names if alias.name != "*"]
    if node.module == "prepare":
        there = names_in(program.prepare.tree)
        missing = [name for name in names if name not in there]
    else:
        found = module(node.module)
        missing = [name for name in names if found is not None and has(found, name) is False]
    for name in missing:
        yield "import", node.lineno, f"{node.module} has no {name}"
