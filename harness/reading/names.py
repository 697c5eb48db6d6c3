"""Names that nothing binds, or that are used before anything does."""
import ast
import builtins
import difflib

from reading.program import FUNCTIONS, SCOPES, TRIES, bound_in, names_in, own_nodes

BUILTINS = set(dir(builtins)) | {"__file__", "__name__", "__doc__", "__spec__", "__builtins__", "__class__"}
LATER = (*FUNCTIONS, ast.GeneratorExp)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp)
LOOPS = (ast.For, ast.AsyncFor, ast.While)


def name_faults(program):
    if program.called & {"exec", "globals", "locals", "vars"}:
        return
    if any(isinstance(n, ast.ImportFrom) and any(a.name == "*" for a in n.names) for n in program.nodes):
        return
    top = names_in(program.tree) | BUILTINS | program.globals
    for node in program.nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in top and not visible(program, node) \
                and not any(isinstance(a, TRIES) for a in program.ancestors(node)):
            near = difflib.get_close_matches(node.id, [n for n in top if not n.startswith("_")], 1)
            hint = f"; did you mean {near[0]}" if near else ""
            yield "name", node.lineno, f"{node.id} is not defined{hint}"
    yield from too_early(program, program.tree)
    for scope in program.nodes:
        if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from too_early(program, scope)


def visible(program, node):
    """Whether a scope around the node binds its name; what a class binds is not seen by its functions."""
    inside = None
    before = node
    for scope in program.ancestors(node):
        child, before = before, scope
        if any(parameter.name == node.id for parameter in getattr(scope, "type_params", [])):
            return True  # In annotations and bases, too, and in what a class has.
        if not isinstance(scope, SCOPES) or outside(scope, child) or first_iterable(program, scope, node):
            continue
        if not (isinstance(scope, ast.ClassDef) and inside is not None) and node.id in names_in(scope):
            return True
        inside = scope
    return False


def outside(scope, child):
    """Whether a part of a function or class is worked out where it is defined: defaults, decorators, annotations, bases."""
    if isinstance(scope, ast.ClassDef):
        return child in scope.bases or child in scope.keywords or child in scope.decorator_list
    if not isinstance(scope, FUNCTIONS):
        return False
    return child is scope.args or child in getattr(scope, "decorator_list", []) or child is getattr(scope, "returns", None)


def first_iterable(program, scope, node):
    """Whether a node stands in what a comprehension goes through first, which is worked out around the comprehension."""
    iterable = scope.generators[0].iter if isinstance(scope, (*COMPREHENSIONS, ast.GeneratorExp)) else None
    return iterable is not None and (node is iterable or iterable in program.ancestors(node))


def too_early(program, scope):
    """Loads that come before everything in the scope that binds the name, and that nothing can skip."""
    parameters = set()
    if isinstance(scope, FUNCTIONS):
        a = scope.args
        parameters = {arg.arg for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg)))}
    first, binders = {}, {}
    for name, node in bound_in(scope):
        binders.setdefault(name, []).append(node)
        at = position(program, node)
        first[name] = min(first.get(name, at), at)
    for node in own_nodes(scope):
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or node.id not in first or node.id in parameters:
            continue
        if scope is program.tree and node.id in BUILTINS:
            continue
        if (node.lineno, node.col_offset) < first[node.id] and not skipped(program, node, scope, binders[node.id]):
            yield "name", node.lineno, f"{node.id} is used before it has a value"


def position(program, node):
    """From where on a binding counts: an assignment's target has its value only after the statement."""
    if isinstance(node, ast.Name):
        for a in program.ancestors(node):
            if isinstance(a, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
                return a.end_lineno, a.end_col_offset
            if isinstance(a, (ast.For, ast.comprehension, ast.NamedExpr, ast.With)):
                return node.lineno, node.col_offset
    return node.lineno, getattr(node, "col_offset", 0)


def skipped(program, node, scope, binders):
    """Whether the first pass may leave the node out: by a condition, or by a loop that goes round no time before the name is bound after it."""
    for a in program.ancestors(node):
        if a is scope:
            return False
        if isinstance(a, (ast.If, ast.IfExp, *TRIES, ast.BoolOp, ast.Match, ast.comprehension, *LATER)):
            return True
        if isinstance(a, LOOPS) and not any(a in program.ancestors(binder) for binder in binders):
            return True
    return False
