"""Constants of the top level, worked out as far as arithmetic goes, and what goes wrong when they are used."""
import ast
import functools
import math

from reading.reached import reached

UNKNOWN = object()
# What is worked out is of a file that nobody has read: nothing of it may cost more than a moment and a few kilobytes.
ENTRIES, MAGNITUDE, EXPONENT = 4096, 2 ** 64, 256
OPERATORS = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b, ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b, ast.Mod: lambda a, b: a % b, ast.Pow: lambda a, b: a ** b, ast.LShift: lambda a, b: a << b,
    ast.RShift: lambda a, b: a >> b, ast.Eq: lambda a, b: a == b, ast.NotEq: lambda a, b: a != b, ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b, ast.Gt: lambda a, b: a > b, ast.GtE: lambda a, b: a >= b, ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
PURE = {"int": int, "float": float, "str": str, "bool": bool, "len": len, "min": min, "max": max, "abs": abs, "round": round, "sum": sum, "range": range}
SHAPED = {"zeros", "ones", "empty", "full", "standard_normal"}


class Wrong(Exception):
    """What Python would raise."""


def value_faults(program):
    if program.called & {"exec", "globals", "vars", "setattr"}:
        return  # constants may be set where nobody sees it
    live = reached(program)
    for node in program.nodes:
        if isinstance(node, (ast.Assert, ast.BinOp, ast.Subscript, ast.Call)) and not program.guarded(node) and at_once(program, node) and node in live:
            try:
                if isinstance(node, ast.Assert):
                    # assert False says that nobody comes here.
                    if not isinstance(node.test, ast.Constant) and value(program, node.test) is not UNKNOWN and not value(program, node.test):
                        raise Wrong(f"the assertion does not hold: {ast.unparse(node.test)}")
                elif isinstance(node, ast.Call):
                    sized(program, node)
                else:
                    value(program, node)
            except Wrong as wrong:
                yield "value", node.lineno, str(wrong)


def at_once(program, node):
    """Not inside a lambda, which may never be called."""
    return not any(isinstance(a, (ast.Lambda, ast.comprehension)) for a in program.ancestors(node))


@functools.cache
def value(program, node, depth=20):
    """The value of an expression of constants, UNKNOWN where it depends on more or is large; raises Wrong where Python would raise."""
    if depth == 0:
        return UNKNOWN
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return value_of_name(program, node, depth)
    if isinstance(node, ast.Subscript):
        return entry_value(program, node, depth)
    if isinstance(node, (ast.Tuple, ast.List)):
        values = [value(program, e, depth - 1) for e in node.elts]
        if any(v is UNKNOWN for v in values) or not few(values):
            return UNKNOWN
        return tuple(values) if isinstance(node, ast.Tuple) else values
    if isinstance(node, ast.UnaryOp):
        operand = value(program, node.operand, depth - 1)
        if operand is UNKNOWN:
            return UNKNOWN
        return worked_out(node, lambda: not operand if isinstance(node.op, ast.Not) else -operand if isinstance(node.op, ast.USub) else +operand)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return operated(node, node.op, value(program, node.left, depth - 1), value(program, node.right, depth - 1))
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OPERATORS:
        return operated(node, node.ops[0], value(program, node.left, depth - 1), value(program, node.comparators[0], depth - 1))
    if isinstance(node, ast.Call) and not node.keywords:
        return called(program, node, depth)
    return UNKNOWN


def value_of_name(program, node, depth):
    if program.rebound(node.id, node):
        return UNKNOWN
    binding = program.only(node.id)
    if isinstance(binding, ast.ImportFrom) and node.id in program.from_prepare:
        binding, program = program.prepare.only(program.from_prepare[node.id]), program.prepare
    statement = program.parents.get(binding)
    if not isinstance(binding, ast.Name) or not isinstance(statement, ast.Assign) or binding not in statement.targets:
        return UNKNOWN
    if program.parents.get(statement) is not program.tree or node.id in program.globals:
        return UNKNOWN
    return value(program, statement.value, depth - 1)


def literal_entry(program, node):
    """The expression that a constant key picks from a table written out at the top level, None where that is not plain."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name) or program.rebound(node.value.id, node):
        return None
    binding = program.only(node.value.id)
    table = program.parents.get(binding)
    if not isinstance(table, ast.Assign) or not isinstance(table.value, ast.Dict) or not all(isinstance(k, ast.Constant) for k in table.value.keys):
        return None
    if node.value.id in program.filled:
        return None
    key = value(program, node.slice)
    if key is UNKNOWN:
        return None
    entries = {k.value: v for k, v in zip(table.value.keys, table.value.values)}
    if key not in entries:
        raise Wrong(f"{node.value.id} has no {key!r}; it has {', '.join(repr(k) for k in entries)}")
    return entries[key]


def entry_value(program, node, depth):
    entry = literal_entry(program, node) if isinstance(node.ctx, ast.Load) else None
    return value(program, entry, depth - 1) if entry is not None else UNKNOWN


def small(value):
    """Whether one operation on it takes no time worth a thought, and what comes of it little room."""
    return abs(value) < MAGNITUDE if isinstance(value, int) else few(value)


def few(value):
    """Whether it has at most ENTRIES characters or entries, those of its entries counted in: names make a tuple of tuples long."""
    found, todo = 0, [value]
    while todo and found <= ENTRIES:
        one = todo.pop()
        if isinstance(one, (str, bytes)):
            found += len(one)
        elif isinstance(one, range):
            found += len(one[:ENTRIES + 1])  # of a long one Python cannot tell the length
        elif isinstance(one, (tuple, list)):
            found += len(one)
            todo += one[:ENTRIES]
    return found <= ENTRIES


def operated(node, op, left, right):
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN  # an array divided by 0 is no error, a path divided by a text is a path
    if not small(left) or not small(right) or isinstance(op, (ast.Pow, ast.LShift)) and not (isinstance(right, (int, float)) and abs(right) <= EXPONENT):
        return UNKNOWN
    if isinstance(op, ast.Mod) and isinstance(left, (str, bytes)):
        return UNKNOWN  # a format says itself how wide its result is
    if isinstance(op, ast.Mult) and any(isinstance(v, (str, bytes, list, tuple)) for v in (left, right)):
        if not any(isinstance(v, int) for v in (left, right)):
            raise Wrong(f"{ast.unparse(node)} multiplies a {type(left).__name__} by a {type(right).__name__}")
        return UNKNOWN
    return worked_out(node, lambda: OPERATORS[type(op)](left, right))


def called(program, node, depth):
    values = [value(program, a, depth - 1) for a in node.args]
    if not all(v is not UNKNOWN and small(v) for v in values):
        return UNKNOWN
    if getattr(node.func, "id", "") == "round" and any(isinstance(v, int) and abs(v) > EXPONENT for v in values[1:]):
        return UNKNOWN  # of a whole number it works out ten to the power of its digits
    if isinstance(node.func, ast.Name) and node.func.id in PURE and not program.rebound(node.func.id, node) and node.func.id not in program.bindings:
        return worked_out(node, lambda: PURE[node.func.id](*values))
    if isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "math" and program.modules.get("math") == "math":
        function = getattr(math, node.func.attr, None)
        if function in (math.factorial, math.comb, math.perm, math.prod) or not callable(function):
            return UNKNOWN
        return worked_out(node, lambda: function(*values))
    return UNKNOWN


def worked_out(node, work):
    try:
        return work()
    except (ArithmeticError, TypeError, ValueError, LookupError) as error:
        raise Wrong(f"{ast.unparse(node)}: {type(error).__name__}: {error}") from None


def sized(program, call):
    """Sizes that are no whole numbers, or negative: of `range`, of new arrays, and of functions here that hand them on."""
    value(program, call)
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name == "range" and name not in program.bindings:
        sizes, least = call.args, None
    elif makes_array(program, call):
        sizes, least = call.args[0].elts if isinstance(call.args[0], ast.Tuple) else call.args[:1], 0
    else:
        function = next((n for a in program.ancestors(call) for n in body_of(a) if isinstance(n, ast.FunctionDef) and n.name == name), None) \
            if isinstance(call.func, ast.Name) else None
        if function is None or any(isinstance(a, ast.Starred) for a in call.args):
            return
        shapes = shape_parameters(program, function)
        sizes, least = [a for a, p in zip(call.args, function.args.args) if p.arg in shapes], 0
    for size in sizes:
        known = value(program, size)
        if known is UNKNOWN:
            continue
        if isinstance(known, (float, str)):
            raise Wrong(f"{ast.unparse(size)} is {known!r}, and {name} needs a whole number")
        if least is not None and isinstance(known, int) and known < least:
            raise Wrong(f"{ast.unparse(size)} is {known}, and {name} needs a size")


def body_of(node):
    body = getattr(node, "body", [])
    return body if isinstance(body, list) else []


def makes_array(program, call):
    """Whether a call makes an array of a shape: numpy's own, or with a tuple where only a generator of numbers has the name."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in SHAPED or not call.args:
        return False
    owner = getattr(call.func.value, "id", None)
    if call.func.attr == "standard_normal":
        return isinstance(call.args[0], ast.Tuple)
    return program.modules.get(owner) == "numpy" and not program.rebound(owner, call)


def shape_parameters(program, function):
    """Parameters that stand in the shape of a new array."""
    names = {a.arg for a in function.args.args}
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and makes_array(program, node) and isinstance(node.args[0], ast.Tuple):
            found |= {e.id for e in node.args[0].elts if isinstance(e, ast.Name) and e.id in names}
    return found
