"""Calls that a function does not take: too few arguments, too many, or keywords that it does not know."""
import ast
import inspect

from reading.kinds import Instance, class_named, kind, method_of, plain
from reading.attributes import dotted
from reading.program import FUNCTIONS, SCOPES, TRIES, bound_in, names_in
from reading.values import Wrong, literal_entry


def call_faults(program):
    for node in program.nodes:
        if isinstance(node, ast.Call) and not any(isinstance(a, TRIES) for a in program.ancestors(node)):
            for fault in faults_of(program, node):
                yield "call", node.lineno, fault


def faults_of(program, call):
    name = ast.unparse(call.func)
    if (found := callee(program, call.func)) is not None:
        arguments, bound = found
        yield from against(name, arguments, bound, call)
    elif isinstance(call.func, ast.Attribute) and (owner := dotted(program, call.func.value)) is not None:
        yield from against_signature(name, getattr(owner, call.func.attr, None), call)


def callee(program, func):
    """(arguments, how many of them are given already) of a function that one of the files defines."""
    if isinstance(func, ast.Name):
        return of_name(program, func)
    if not isinstance(func, ast.Attribute):
        return None
    what = kind(program, func.value)
    if isinstance(what, Instance) and plain(what.node):
        method = method_of(what.node, func.attr)
        if method and not method.decorator_list and func.attr not in what.program.stores:
            return method.args, 1
        return of_entry(program, func) if what.program is program else None
    return None


def of_entry(program, func):
    """Of `self.f(…)`, where `self.f` is taken from a table of lambdas by a constant."""
    stores = program.stores.get(func.attr, [])
    target = program.parents[stores[0]] if len(stores) == 1 else None
    assign = program.parents.get(target)
    if not (isinstance(target, ast.Tuple) and isinstance(assign, ast.Assign)):
        return None
    try:
        entry = literal_entry(program, assign.value)
    except Wrong:
        return None  # told as a wrong value
    if not isinstance(entry, ast.Tuple) or len(entry.elts) != len(target.elts):
        return None
    chosen = entry.elts[target.elts.index(stores[0])]
    return (chosen.args, 0) if isinstance(chosen, ast.Lambda) else None


def of_name(program, func):
    around = next((a for a in program.ancestors(func) if isinstance(a, SCOPES) and func.id in names_in(a)), None)
    if around is not None:
        nodes = [node for name, node in bound_in(around) if name == func.id]
        local = nodes[0] if len(nodes) == 1 and isinstance(nodes[0], ast.FunctionDef) and isinstance(around, FUNCTIONS) else None
        return (local.args, 0) if local and not local.decorator_list and func.id not in program.nonlocals else None
    if (found := class_named(program, func)) is not None:
        _, owner = found
        init = method_of(owner, "__init__") if not method_of(owner, "__new__") else None
        return (init.args, 1) if init and plain(owner) else None
    function = program.functions.get(func.id)
    if function is not None and program.only(func.id) is function and func.id not in program.globals:
        return (function.args, 0) if not getattr(function, "decorator_list", []) else None
    origin = program.from_prepare.get(func.id)
    if origin and isinstance(program.only(func.id), ast.ImportFrom) and origin in program.prepare.functions:
        function = program.prepare.functions[origin]
        return (function.args, 0) if not function.decorator_list else None
    return None


def against(name, arguments, given, call):
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return
    positional = [*arguments.posonlyargs, *arguments.args][given:]
    named = {a.arg for a in [*arguments.args[given:], *arguments.kwonlyargs]}
    passed = {k.arg for k in call.keywords}
    if len(call.args) > len(positional) and not arguments.vararg:
        yield f"{name} takes {len(positional)} arguments, and is given {len(call.args)}"
        return
    for unknown in sorted(passed - named) if not arguments.kwarg else []:
        yield f"{name} does not take the keyword {unknown}"
    for twice in sorted(passed & {a.arg for a in positional[:len(call.args)]}):
        yield f"{name} is given {twice} twice"
    required = positional[:max(0, len(positional) - len(arguments.defaults))]
    missing = [a.arg for a in required[len(call.args):] if a.arg not in passed]
    missing += [a.arg for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults) if default is None and a.arg not in passed]
    if missing:
        yield f"{name} is called without {', '.join(missing)}"


def against_signature(name, function, call):
    if not callable(function) or inspect.isclass(function) or any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*[None] * len(call.args), **{k.arg: None for k in call.keywords})
    except TypeError as error:
        yield f"{name}: {error}"
