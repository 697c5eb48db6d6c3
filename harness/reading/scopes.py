"""What each name of a file means: the scope that binds it. And which names may be called otherwise without a difference."""
import ast
import builtins

from reading.program import FUNCTIONS, SCOPES

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# Where a file looks at its own names, or at itself, a name may be more than a name.
LOOKS_AT_NAMES = {"globals", "locals", "vars", "eval", "exec", "compile", "dir", "__import__", "breakpoint", "__file__", "__builtins__"}
LOOKS_AT_ATTRIBUTES = {"__dict__", "__name__", "__qualname__", "__code__", "__globals__", "__annotations__", "__closure__", "__defaults__", "__kwdefaults__",
                       "__module__", "__builtins__", "_getframe", "f_locals", "f_globals", "f_code", "co_names", "co_varnames"}
LOOKS_BY_MODULES = {"inspect", "importlib", "runpy", "ast", "dis", "code", "__main__", "train", "builtins", "linecache", "symtable"}


class Use:
    """A place that says a name: `node.field`, or an entry of it. `scope`: what binds it, None where nothing in the file does."""

    __slots__ = ("node", "field", "at", "name", "around", "scope", "loads", "binding")

    def __init__(self, node, field, at, name, around):
        self.node, self.field, self.at, self.name, self.around = node, field, at, name, around
        self.loads = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        self.scope = self.binding = None

    def say(self, name):
        if self.at is not None:
            getattr(self.node, self.field)[self.at] = name
        elif isinstance(self.node, ast.alias):
            self.node.asname = name
        else:
            setattr(self.node, self.field, name)


class Names:
    """Every use of a name, in the order of the text. The tree must not change meanwhile."""

    def __init__(self, tree):
        self.tree, self.uses = tree, []
        self.bound, self.globals, self.outer = {tree: set()}, {}, {}  # by scope: names that it binds, or takes from elsewhere
        self.each(tree.body, (tree,))
        for use in self.uses:
            use.scope = self.scope_of(use.name, use.around)
            use.binding = None if use.scope is None else (id(use.scope), use.name)

    def scope_of(self, name, around):
        """What binds a name that is said in the innermost of these scopes."""
        inner = around[-1]
        if name in self.globals.get(inner, ()):
            return self.tree
        for scope in reversed(around):
            if name in self.bound[scope] and name not in self.outer.get(scope, ()) and (scope is inner or not isinstance(scope, ast.ClassDef)):
                return scope
        return None

    def say(self, node, field, name, around, at=None):
        use = Use(node, field, at, name, around)
        self.uses.append(use)
        if not use.loads and at is None:
            self.bound[around[-1]].add(name)

    def visit(self, node, around):
        kind = type(node)
        if kind is ast.Name:
            self.say(node, "id", node.id, around)
        elif kind in FUNCTIONS:
            self.function(node, around)
        elif kind is ast.ClassDef:
            self.each((*node.decorator_list, *node.bases, *node.keywords), around)
            self.say(node, "name", node.name, around)
            self.bound[node] = set()
            self.each(node.body, (*around, node))
        elif kind in COMPREHENSIONS:
            self.visit(node.generators[0].iter, around)
            self.bound[node] = set()
            inner = (*around, node)
            for at, one in enumerate(node.generators):
                self.visit(one.target, inner)
                self.each([one.iter] * (at > 0) + one.ifs, inner)
            self.each([node.key, node.value] if kind is ast.DictComp else [node.elt], inner)
        elif kind is ast.NamedExpr:
            self.visit(node.value, around)
            holder = around
            while isinstance(holder[-1], COMPREHENSIONS):
                holder = holder[:-1]
            self.say(node.target, "id", node.target.id, holder)
        else:
            self.plain(node, around)

    def each(self, nodes, around):
        for node in nodes:
            self.visit(node, around)

    def function(self, node, around):
        a = node.args
        self.each([*getattr(node, "decorator_list", []), *a.defaults, *filter(None, a.kw_defaults)], around)
        args = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
        self.each([arg.annotation for arg in args if arg.annotation], around)
        if isinstance(node, ast.Lambda):
            body = [node.body]
        else:
            self.each([node.returns] if node.returns else [], around)
            self.say(node, "name", node.name, around)
            body = node.body
        inner = (*around, node)
        self.bound[node] = set()
        for arg in args:
            self.say(arg, "arg", arg.arg, inner)
        self.each(body, inner)

    def plain(self, node, around):
        kind = type(node)
        if kind is ast.alias:
            if node.name != "*":
                self.say(node, "asname", node.asname or node.name.split(".")[0], around)
        elif kind in (ast.Global, ast.Nonlocal):
            taken = self.globals if kind is ast.Global else self.outer
            taken.setdefault(around[-1], set()).update(node.names)
            if kind is ast.Global:
                self.bound[self.tree].update(node.names)
                if len(around) > 1:
                    self.outer.setdefault(around[-1], set()).update(node.names)
            for at, name in enumerate(node.names):
                self.say(node, "names", name, around, at)
        elif kind in (ast.ExceptHandler, ast.MatchAs, ast.MatchStar) and node.name:
            self.say(node, "name", node.name, around)
        elif kind is ast.MatchMapping and node.rest:
            self.say(node, "rest", node.rest, around)
        for child in children(node):
            self.visit(child, around)

    def free(self):
        """Bindings whose name says nothing to anybody: they may be called anything."""
        kept, fixed = set(dir(builtins)), set()
        nodes = list(ast.walk(self.tree))
        keywords = {word.arg for call in nodes if isinstance(call, ast.Call) for word in call.keywords}
        theirs = {method for c in nodes if isinstance(c, ast.ClassDef) and not plain_class(c) for method in c.body}
        for scope in [n for n in nodes if isinstance(n, SCOPES)]:
            if isinstance(scope, ast.ClassDef):
                fixed |= {(id(scope), name) for name in self.bound[scope]}  # they are attributes, too
            elif isinstance(scope, FUNCTIONS):
                fixed |= {(id(scope), arg) for arg in said_by_callers(scope, keywords, scope in theirs)}
        for use in self.uses:
            if use.loads and isinstance(use.scope, ast.ClassDef):
                kept.add(use.name)  # before the class binds it, it is what is around it
            if isinstance(use.node, ast.alias) and use.node.asname is None and "." in use.node.name:
                kept.add(use.name)  # `import a.b` binds a
            if isinstance(use.node, (ast.FunctionDef, ast.AsyncFunctionDef)) and use.node.decorator_list:
                kept.add(use.name)
        return {use.binding for use in self.uses
                if use.scope is not None and use.name not in kept and not use.name.startswith("__") and use.binding not in fixed}


def said_by_callers(function, keywords, theirs):
    """Parameters whose names may matter to a caller. `theirs`: it is a method of a class that is made of somebody else's."""
    a = function.args
    by_library = theirs and function.name not in ("__init__", "__call__", "forward")  # which prepare.py and the file call themselves
    if None in keywords or getattr(function, "decorator_list", []) or by_library:
        return {arg.arg for arg in (*a.args, *a.kwonlyargs)}
    return {arg.arg for arg in a.args if arg.arg in keywords} | {arg.arg for arg in a.kwonlyargs}


def children(node):
    """The nodes right below a node, in the order of the text."""
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, list):
            for one in value:
                if isinstance(one, ast.AST):
                    yield one
        elif isinstance(value, ast.AST):
            yield value


def plain_class(node):
    return not (node.bases or node.keywords or node.decorator_list)


def looks_at_itself(tree):
    """Whether names of the file may be looked up by their text, so that none can be told to be without meaning."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in LOOKS_AT_NAMES or isinstance(node, ast.Attribute) and node.attr in LOOKS_AT_ATTRIBUTES:
            return True
        if isinstance(node, ast.Attribute) and node.attr == "modules" and getattr(node.value, "id", "") == "sys":
            return True
        if isinstance(node, ast.Import) and any(alias.name.split(".")[0] in LOOKS_BY_MODULES for alias in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and ((node.module or "").split(".")[0] in LOOKS_BY_MODULES or node.names[0].name == "*"):
            return True
        if getattr(node, "type_params", None) or type(node).__name__ == "TypeAlias":
            return True
    return False
