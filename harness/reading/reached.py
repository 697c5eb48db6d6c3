"""What of a file may come to be executed. What is in doubt may: only what no run can reach is left out."""
import ast
import functools

from reading.program import FUNCTIONS

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# By these a function is found whose name stands nowhere.
DYNAMIC = {"exec", "eval", "globals", "locals", "vars", "getattr", "__import__", "dir"}
ENDINGS = {"exit", "quit", "sys.exit", "os._exit"}


@functools.cache
def reached(program):
    return Reached(program)


class Reached:
    def __init__(self, program):
        self.program = program
        self.fixed = {}  # definition → the definition around it, and whether it is dead where it stands
        self.everything = bool(program.called & DYNAMIC)
        self.functions = {}  # name → definitions
        defined = {node.name for node in program.nodes if isinstance(node, DEFINITIONS)}
        mentions = []  # (name, the definition around it, None at the top level) of all that is not dead where it stands
        for node in program.nodes:
            if isinstance(node, DEFINITIONS):
                self.functions.setdefault(node.name, []).append(node)
            if (name := mentioned(node)) in defined and not self.dead(node):
                mentions.append((name, self.around(node)))
        self.live = set()
        found = True
        while found:
            running = {f for definitions in self.functions.values() for f in definitions if self.runs(f)} | {None}
            found = {f for name, around in mentions if around in running for f in self.functions.get(name, [])} - self.live
            self.live |= found

    def __contains__(self, node):
        around = self.around(node)
        return self.everything or not self.dead(node) and (around is None or self.runs(around))

    def runs(self, function):
        """Whether somebody may call it: it is named where code runs, or whoever calls it need not name it."""
        if function not in self.fixed:
            self.fixed[function] = self.around(function), self.dead(function)
        outer, dead = self.fixed[function]
        if outer is not None and not self.runs(outer) or dead:
            return False
        owner = self.program.parents[function]
        foreign = isinstance(owner, ast.ClassDef) and (owner.bases or owner.keywords or owner.decorator_list)
        return bool(function in self.live or function.decorator_list or foreign or function.name.startswith("__"))

    def around(self, node):
        """The definition in whose body a node stands."""
        before = node
        for a in self.program.ancestors(node):
            if isinstance(a, DEFINITIONS) and before in a.body:
                return a
            before = a
        return None

    def dead(self, node):
        """Whether the statements around it, up to the next function, keep it from being executed."""
        before = node
        for a in self.program.ancestors(node):
            for block in (getattr(a, field, None) for field in ("body", "orelse", "finalbody")):
                if isinstance(block, list) and before in block:
                    if any(self.ends(earlier) for earlier in block[:block.index(before)]):
                        return True
                    test = getattr(a, "test", None)
                    if isinstance(a, (ast.If, ast.While)) and isinstance(test, ast.Constant) and bool(test.value) is (block is not a.body):
                        return not isinstance(a, ast.While) or block is a.body  # a loop without an end may be broken out of
            if isinstance(a, FUNCTIONS):
                return False
            before = a
        return False

    def ends(self, statement):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            name = ast.unparse(statement.value.func)
            return name in ENDINGS and ("." in name or name not in self.program.bindings)
        return isinstance(statement, (ast.Raise, ast.Return, ast.Continue, ast.Break))


def mentioned(node):
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
