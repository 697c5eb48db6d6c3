"""What an expression is, as far as that is plain to see: a module, a class of the files, an instance of one, a literal's type."""
import ast

from reading.library import module
from reading.program import SCOPES, bound_in, names_in

LITERALS = {ast.List: list, ast.ListComp: list, ast.Dict: dict, ast.DictComp: dict, ast.Set: set, ast.SetComp: set, ast.Tuple: tuple, ast.JoinedStr: str}


class Instance:
    """An object of a class that one of the files defines."""

    def __init__(self, program, node):
        self.program, self.node = program, node


def kind(program, node, depth=4):
    """A module, a Python type for a literal's value, an Instance, or None where it is not plain."""
    if depth == 0:
        return None
    if type(node) in LITERALS:
        return LITERALS[type(node)]
    if isinstance(node, ast.Constant) and node.value is not None:
        return type(node.value)
    if isinstance(node, ast.Call):
        return constructed(program, node.func)
    if isinstance(node, ast.Name):
        return kind_of_name(program, node, depth)
    if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "self":
        return kind_of_own(program, node, depth)
    return None


def kind_of_name(program, node, depth):
    name = node.id
    if name == "self":
        owner = owner_of(program, node)
        return owner and Instance(program, owner)
    if name in program.modules and not program.rebound(name, node) and all(isinstance(b, ast.Import) for b in program.bindings.get(name, [])):
        return module(program.modules[name])
    scope = program.function(node) or program.tree
    nearest = next((a for a in program.ancestors(node) if isinstance(a, SCOPES) and name in names_in(a)), program.tree)
    if nearest is not program.tree and nearest is not scope:
        return None  # A comprehension's own, or that of a function around this one.
    values = [value_bound(program, binding) for bound, binding in bound_in(scope) if bound == name]
    if scope is not program.tree and not values and (binding := program.only(name)):
        values = [value_bound(program, binding)]
    if len(values) != 1 or values[0] is None:
        return None
    return kind(program, values[0], depth - 1)


def kind_of_own(program, node, depth):
    """Of `self.x`: what every assignment of it in the class agrees on."""
    owner = owner_of(program, node.value)
    if not owner:
        return None
    kinds = set()
    for n in program.stores.get(node.attr, []):
        if getattr(n.value, "id", "") == "self" and owner_of(program, n.value) is not owner:
            continue  # another class's own
        value = value_bound(program, n)
        kinds.add(kind(program, value, depth - 1) if value is not None else None)
    return kinds.pop() if len(kinds) == 1 else None


def value_bound(program, target):
    """The expression whose value an assignment gives to a name or attribute, None where it is not a plain one."""
    statement = program.parents.get(target)
    if isinstance(statement, ast.Assign) and target in statement.targets:
        return statement.value
    if isinstance(statement, ast.AnnAssign) and statement.target is target:
        return statement.value
    assign = program.parents.get(statement)
    if isinstance(statement, ast.Tuple) and isinstance(assign, ast.Assign) and isinstance(assign.value, ast.Tuple) \
            and len(assign.value.elts) == len(statement.elts) and not any(isinstance(e, ast.Starred) for e in assign.value.elts):
        return assign.value.elts[statement.elts.index(target)]
    return None


def constructed(program, func):
    """What a call makes: `Model(…)`, or a class method of prepare.py's that returns `cls(…)`."""
    if isinstance(func, ast.Name) and (found := class_named(program, func)):
        return Instance(*found)
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and (found := class_named(program, func.value)):
        home, owner = found
        method = method_of(owner, func.attr)
        returns = [n.value for n in ast.walk(method) if isinstance(n, ast.Return)] if method else []
        makes = len(returns) == 1 and isinstance(returns[0], ast.Call) and getattr(returns[0].func, "id", "") == "cls"
        return Instance(home, owner) if makes else None
    return None


def class_named(program, node):
    """(program, class) of a class of train.py or prepare.py, None where the name means something else."""
    name = node.id
    if program.rebound(name, node):
        return None
    if name in program.classes and program.only(name) is program.classes[name]:
        return program, program.classes[name]
    origin = program.from_prepare.get(name)
    if origin and isinstance(program.only(name), ast.ImportFrom) and origin in program.prepare.classes:
        return program.prepare, program.prepare.classes[origin]
    return None


def method_of(owner, name):
    found = [n for n in owner.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name == name]
    return found[0] if len(found) == 1 else None


def owner_of(program, node):
    """The class whose method's `self` a node is, None where that is not plain."""
    method = next((a for a in program.ancestors(node) if isinstance(a, ast.FunctionDef) and isinstance(program.parents[a], ast.ClassDef)), None)
    if method is None or not method.args.args or method.args.args[0].arg != "self" or method.decorator_list:
        return None
    return program.parents[method]


def whole(program, owner):
    """Whether objects of a plain class are made here, and of no class that is derived from it: then it lacks what it lacks."""
    derived = any(getattr(base, "id", "") == owner.name for node in program.nodes if isinstance(node, ast.ClassDef) for base in node.bases)
    return plain(owner) and not derived and (owner.name in program.called or program.prepare is None)


def plain(owner):
    """Whether all that a class has stands in it: no other bases, nothing dynamic."""
    names = {n.name for n in owner.body if isinstance(n, ast.FunctionDef)}
    bases = [b for b in owner.bases if getattr(b, "id", "") != "object"]
    return not bases and not owner.keywords and not owner.decorator_list and not names & {"__getattr__", "__getattribute__", "__setattr__"}
