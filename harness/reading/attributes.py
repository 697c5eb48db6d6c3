"""Attributes that a module, an object of one of the files' classes, or a literal does not have."""
import ast
import difflib

from reading.kinds import Instance, kind, whole
from reading.library import has
from reading.program import TRIES


def attribute_faults(program):
    if program.called & {"setattr", "hasattr", "getattr", "vars"} or any(getattr(node, "attr", "") in ("__dict__", "__setattr__") for node in program.nodes):
        return  # somebody asks before, or sets what stands nowhere
    for node in program.nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and not any(isinstance(a, TRIES) for a in program.ancestors(node)):
            fault = missing(program, node)
            if fault:
                yield "attribute", node.lineno, fault


def missing(program, node):
    chain = dotted(program, node.value)
    if chain is not None:
        return sentence(ast.unparse(node.value), node.attr, dir(chain)) if has(chain, node.attr) is False else None
    what = kind(program, node.value)
    if isinstance(what, Instance):
        if not whole(what.program, what.node) or node.attr in program.stores or hasattr(object, node.attr):
            return None
        there = members(what.node)
        return None if node.attr in there else sentence(what.node.name, node.attr, there)
    if isinstance(what, type) and not hasattr(what, node.attr):
        return sentence(f"a {what.__name__}", node.attr, dir(what))
    return None


def dotted(program, node):
    """The module or class that `np.random` and the like stand for."""
    if isinstance(node, ast.Attribute):
        outer = dotted(program, node.value)
        if outer is None or not has(outer, node.attr):
            return None
        inner = getattr(outer, node.attr, None)
        return inner if has(inner, "__doc__") is not None else None
    if not isinstance(node, ast.Name):
        return None
    found = kind(program, node)
    return found if found is not None and not isinstance(found, (Instance, type)) else None


def members(owner):
    """All names that a class binds, and all that are set on an object of it in its methods."""
    found = set()
    for node in ast.walk(owner):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
    return found


def sentence(owner, name, there):
    near = difflib.get_close_matches(name, [n for n in there if not n.startswith("_")], 1)
    return f"{owner} has no {name}" + (f"; did you mean {near[0]}" if near else "")
