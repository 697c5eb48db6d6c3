"""A program in one order and with names of our own: lines that do not touch each other may stand in any order, names may be any."""
import ast
import hashlib

from reading.idle import QUIET_MODULES
from reading.program import FUNCTIONS
from reading.scopes import Names, children, plain_class

MOST_IN_A_RUN = 300
ROUNDS = 4
PREFIX = "renamed_"
# Functions that only compute, and look at nothing that a line beside them changes.
COMPUTING = {"len", "float", "int", "bool", "abs", "range", "round", "divmod"}


def in_one_order(tree):
    """The same program for all orders and names, where they make no difference. Changes the tree."""
    commuted(tree)
    names = Names(tree)
    if any(use.name.startswith(PREFIX) for use in names.uses):
        return tree
    free = names.free()
    sort_runs(tree, Looks(names, free), frozenset(use.name for use in names.uses if use.scope is not None))
    numbers = {}
    for use in Names(tree).uses:
        if use.binding in free:
            use.say(numbers.setdefault(use.binding, f"{PREFIX}{len(numbers)}"))
    return tree


def commuted(tree):
    """A factor or a summand that is a number stands first; names of one import stand in the alphabet's order."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Add)) and number(node.right) and not number(node.left):
            node.left, node.right = node.right, node.left
        elif isinstance(node, ast.ImportFrom) and len({alias.asname or alias.name for alias in node.names}) == len(node.names):
            node.names.sort(key=lambda alias: alias.name)


def number(node):
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


class Looks:
    """What each statement looks like without its free names, and then with them told apart by where else they stand."""

    def __init__(self, names, free):
        self.uses = {}  # by node
        for use in names.uses:
            self.uses.setdefault(id(use.node), []).append(use)
        self.colour = dict.fromkeys(free, "")
        self.parts = {}  # by statement: what it says, names that are free as bindings
        self.contexts = list(statements_of(names.tree))
        for _, statement in self.contexts:
            self.parts[statement] = list(self.said(statement, free))
        for _ in range(ROUNDS):
            self.refine()

    def said(self, statement, free):
        for node in head(statement):
            kind = type(node)
            uses = self.uses.get(id(node), ())
            if not uses and kind is not ast.Constant:
                yield kind.__name__ + "".join(f" {value}" for field in node._fields if isinstance(value := getattr(node, field, None), (str, int)))
            elif kind is ast.Constant:
                yield f"{type(node.value).__name__} {node.value!r}"
            for use in uses:
                yield f"{kind.__name__} {getattr(node, 'ctx', '').__class__.__name__} {getattr(node, 'name', '') if kind is ast.alias else ''}"
                yield use.binding if use.binding in free else use.name

    def refine(self):
        stand = {}
        for context, statement in self.contexts:
            look = f"{context} {self.look(statement)}"
            for at, part in enumerate(self.parts[statement]):
                if isinstance(part, tuple):
                    stand.setdefault(part, []).append(f"{look} {at}")
        self.colour = {binding: digest("\n".join(sorted(places))) for binding, places in stand.items()}

    def look(self, statement):
        """The head of a statement as text: its bodies are statements of their own."""
        return digest("\n".join(self.colour[part] if isinstance(part, tuple) else part for part in self.parts[statement]))


BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


def bodies(node):
    """The lists of statements, or of what holds statements, in a node."""
    for field in BODIES:
        block = getattr(node, field, None)
        if isinstance(block, list) and block:
            yield block


def statements_of(node, context=""):
    """(the heads around it, statement) of all statements in a node."""
    for field, block in enumerate(bodies(node)):
        for statement in block:
            yield context, statement
            yield from statements_of(statement, f"{context}/{type(statement).__name__}{field}")


def head(statement):
    """The nodes of a statement without the statements in it, in the order of the text."""
    inner = {id(one) for block in bodies(statement) for one in block}
    stack = [statement]
    while stack:
        node = stack.pop()
        yield node
        stack += [child for child in children(node) if id(child) not in inner][::-1]


def digest(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sort_runs(tree, looks, bound):
    """Puts lines in one order where they stand side by side and do not touch each other. `bound`: names that the file gives a meaning."""
    nodes = list(ast.walk(tree))
    classes = [c for c in nodes if isinstance(c, ast.ClassDef)]
    computing = Computing(bound, all(open_class(c) for c in classes) and not any(fills_itself(n) for n in nodes))
    plain = {id(method) for c in classes if plain_class(c) and open_class(c) for method in c.body}

    def visit(node, of_plain):
        for block in bodies(node):
            for inner in block:
                visit(inner, id(inner) in plain if isinstance(inner, FUNCTIONS) else of_plain)
            if isinstance(block[0], ast.stmt) and not isinstance(node, (ast.ClassDef, ast.Try)):
                block[:] = sorted_block(block, of_plain)

    def sorted_block(block, of_plain):
        made, run = [], []
        for statement in [*block, None]:
            touched = statement and touches(statement, of_plain, looks, computing)
            if touched:
                run.append((statement, *touched))
                continue
            made += sorted_run(run, looks)
            run = []
            if statement is not None:
                made.append(statement)
        return made

    visit(tree, False)


def open_class(node):
    """Whether its objects do nothing behind the back of whoever sets an attribute, looks one up, or adds two of them."""
    methods = [inner for inner in node.body if isinstance(inner, FUNCTIONS)]
    return all(not method.decorator_list and (not method.name.startswith("__") or method.name in ("__init__", "__call__", "__repr__")) for method in methods)


def fills_itself(node):
    """Whether a dictionary may get entries by being looked into."""
    return isinstance(node, (ast.Import, ast.ImportFrom)) and "collections" in (getattr(node, "module", ""), *(alias.name for alias in node.names))


def touches(statement, of_plain, looks, computing):
    """(what it sets, what it asks for) of a statement that may change its place, None for any other."""
    if isinstance(statement, ast.Import):
        quiet = all(alias.name in QUIET_MODULES for alias in statement.names)
        return ({use.binding for alias in statement.names for use in looks.uses[id(alias)]}, set()) if quiet else None
    if isinstance(statement, ast.FunctionDef):
        a = statement.args
        parts = [*a.defaults, *filter(None, a.kw_defaults)]
        annotated = statement.returns or any(arg.annotation for arg in ast.walk(a) if isinstance(arg, ast.arg))
        if statement.decorator_list or annotated or not all(computing.only(part) for part in parts):
            return None
        return {use.binding for use in looks.uses[id(statement)]}, asked(parts, looks)
    if not isinstance(statement, ast.Assign) or not computing.only(statement.value):
        return None
    sets = set()
    for target in statement.targets:
        pairs = isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple)
        for one in target.elts if pairs else [target]:
            if isinstance(one, ast.Name):
                sets |= {use.binding for use in looks.uses[id(one)]}
            elif of_plain and isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == "self":
                sets.add(f".{one.attr}")
            else:
                return None
    return sets, asked([statement.value], looks)


def asked(parts, looks):
    nodes = [node for part in parts for node in ast.walk(part)]
    return {use.binding for node in nodes for use in looks.uses.get(id(node), ())} | {f".{node.attr}" for node in nodes if isinstance(node, ast.Attribute)}


# What may be met in a value that is only worked out. Not `in`, `*`, a comprehension: they use an iterator up.
ONLY_WORKED_OUT = (ast.Constant, ast.Name, ast.expr_context, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.BoolOp,
                   ast.IfExp, ast.Lambda, ast.arguments, ast.arg, ast.JoinedStr, ast.FormattedValue, ast.keyword)
OF_OBJECTS = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Attribute, ast.Subscript, ast.Slice, ast.Call)


class Computing:
    """`plain`: no class of the file does more than it seems where its objects are added, looked up or set."""

    def __init__(self, bound, plain):
        self.bound, self.plain = bound, plain

    def only(self, value):
        """Whether working a value out changes nothing that another line could see."""
        stack = [value]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Lambda):
                stack += [*node.args.defaults, *filter(None, node.args.kw_defaults)]
                continue
            if not isinstance(node, ONLY_WORKED_OUT) and not (self.plain and isinstance(node, OF_OBJECTS)):
                return False
            if isinstance(node, ast.Call) and not self.computes(node) or isinstance(node, (ast.In, ast.NotIn)):
                return False
            stack += children(node)
        return True

    def computes(self, call):
        function = call.func
        if isinstance(function, ast.Name):
            return function.id not in self.bound and (function.id in COMPUTING or function.id in ("min", "max") and len(call.args) > 1)
        return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "math"


def sorted_run(run, looks):
    if not 2 <= len(run) <= MOST_IN_A_RUN:
        return [statement for statement, *_ in run]
    look = [whole(statement, looks) for statement, *_ in run]
    after = [{i for i in range(j) if meet(run[i], run[j])} for j in range(len(run))]
    made, left = [], set(range(len(run)))
    while left:
        first = min((j for j in left if not after[j] & left), key=lambda j: (look[j], j))
        made.append(run[first][0])
        left.remove(first)
    return made


def whole(statement, looks):
    """What a statement looks like, its bodies too."""
    return digest(" ".join([looks.look(statement), *(looks.look(one) for _, one in statements_of(statement))]))


def meet(one, other):
    (_, sets, asks), (_, others, asked_there) = one, other
    return bool(sets & (others | asked_there) or others & asks)
