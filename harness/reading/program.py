"""A file as a tree whose nodes know their parents, with what its top level binds."""
import ast
import functools

TRIES = (ast.Try, getattr(ast, "TryStar", ast.Try))  # The second since Python 3.11.
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Program:
    """`prepare` is the Program of prepare.py, None where this is it."""

    def __init__(self, text, prepare):
        self.tree = ast.parse(text, "train.py")
        compile(text, "train.py", "exec", dont_inherit=True)  # what the grammar allows and the language does not
        self.text, self.prepare = text, prepare
        self.nodes = list(ast.walk(self.tree))
        self.parents = {}
        for node in self.nodes:
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
        self.functions = {n.name: n for n in self.tree.body if isinstance(n, FUNCTIONS)}
        self.classes = {n.name: n for n in self.tree.body if isinstance(n, ast.ClassDef)}
        self.bindings = {}  # name → nodes that bind it at the top level
        for name, node in bound_in(self.tree):
            self.bindings.setdefault(name, []).append(node)
        self.stores = {}  # attribute → nodes that set it
        self.called = set()  # plain names that are called
        self.filled = set()  # plain names of what may be changed in place: its entries are set, or it is used in more ways than to look it up
        for node in self.nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                self.stores.setdefault(node.attr, []).append(node)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                self.called.add(node.func.id)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not self.looks_up(node):
                self.filled.add(node.id)
        self.globals = {name for node in self.nodes if isinstance(node, ast.Global) for name in node.names}
        self.nonlocals = {name for node in self.nodes if isinstance(node, ast.Nonlocal) for name in node.names}
        self.modules, self.from_prepare = {}, {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self.modules[alias.asname or alias.name.split(".")[0]] = alias.name if alias.asname else alias.name.split(".")[0]
            elif isinstance(node, ast.ImportFrom) and node.module == "prepare":
                for alias in node.names:
                    self.from_prepare[alias.asname or alias.name] = alias.name

    def looks_up(self, name):
        """Whether a name stands where what it names is only looked into."""
        parent = self.parents[name]
        if isinstance(parent, ast.Subscript):
            return name is parent.value and isinstance(parent.ctx, ast.Load)
        if isinstance(parent, ast.Attribute):
            return parent.attr in ("get", "items", "keys", "values")
        if isinstance(parent, ast.Call):
            return name is not parent.func and getattr(parent.func, "id", "") in ("len", "list", "tuple", "set", "sorted", "dict", "print")
        return isinstance(parent, (ast.Compare, ast.For, ast.comprehension, ast.FormattedValue)) or parent is self.tree

    def ancestors(self, node):
        while node in self.parents:
            node = self.parents[node]
            yield node

    def scope(self, node):
        """The innermost function, lambda, class or comprehension around a node, or the tree."""
        return next((a for a in self.ancestors(node) if isinstance(a, SCOPES)), self.tree)

    def function(self, node):
        return next((a for a in self.ancestors(node) if isinstance(a, FUNCTIONS)), None)

    def guarded(self, node):
        """Whether what goes wrong here may be caught, or may never be reached."""
        before = node
        for a in self.ancestors(node):
            if isinstance(a, (*TRIES, ast.If, ast.IfExp, ast.Match)) and before is not getattr(a, "test", None):
                return True
            if isinstance(a, ast.BoolOp) and before is not a.values[0]:
                return True
            before = a
        return False

    def rebound(self, name, node):
        """Whether a scope around the node gives the name a meaning of its own."""
        for a in self.ancestors(node):
            if isinstance(a, SCOPES) and name in names_in(a):
                return True
        return False

    def only(self, name):
        """The one node that binds a name at the top level, None where several do, or none."""
        nodes = self.bindings.get(name, [])
        return nodes[0] if len(nodes) == 1 else None


@functools.cache
def bound_in(scope):
    """(name, node) for everything that a scope binds itself, its parameters included."""
    return tuple(all_bound_in(scope))


@functools.cache
def names_in(scope):
    return {name for name, _ in bound_in(scope)}


def all_bound_in(scope):
    for parameter in getattr(scope, "type_params", []):
        yield parameter.name, parameter
    if isinstance(scope, FUNCTIONS):
        a = scope.args
        for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))):
            yield arg.arg, arg
    others = set()
    for node in own_nodes(scope):
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            others.update(node.names)
    for node in own_nodes(scope):
        for name in names_bound_by(node):
            if name not in others:
                yield name, node


def names_bound_by(node):
    if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
        return [node.id]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.ExceptHandler) and node.name:
        return [node.name]
    if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
        return [node.name]
    if isinstance(node, ast.MatchMapping) and node.rest:
        return [node.rest]
    return []


def own_nodes(scope):
    """The nodes of a scope without those of the scopes in it; a walrus in a comprehension belongs to what is around it."""
    comprehension = isinstance(scope, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))
    stack = [scope.body] if isinstance(scope, ast.Lambda) else list(ast.iter_child_nodes(scope)) if comprehension else list(scope.body)
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, FUNCTIONS):
            stack += [*node.args.defaults, *filter(None, node.args.kw_defaults), *getattr(node, "decorator_list", [])]
        elif isinstance(node, ast.ClassDef):
            stack += [*node.bases, *node.decorator_list]
        elif isinstance(node, SCOPES):
            stack += [named for named in ast.walk(node) if isinstance(named, ast.NamedExpr)]
        else:
            stack += ast.iter_child_nodes(node)
