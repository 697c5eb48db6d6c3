"""A program without what does nothing: factors of one, `x = x`, code that no run comes to, names that nobody asks for."""
import ast
import math
from collections import Counter

from reading.facts import Facts
from reading.program import FUNCTIONS

ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
# Importing these has no effect that another line could see.
QUIET_MODULES = {"abc", "array", "bisect", "collections", "contextlib", "copy", "dataclasses", "enum", "functools", "heapq", "itertools", "json", "math", "numbers",
                 "operator", "os", "random", "re", "statistics", "string", "struct", "sys", "time", "types", "typing"}
NEUTRAL = {ast.Mult: (1,), ast.Div: (1,), ast.Pow: (1,), ast.Sub: (0,), ast.Add: (0,), ast.FloorDiv: (1,)}
ROUNDS = 8


def without_idle(tree):
    for _ in range(ROUNDS):
        idle = Idle(Facts(tree))
        tree = idle.visit(tree)
        if not idle.found:
            break
    return tree


class Idle(ast.NodeTransformer):
    """One round: what it leaves out may leave more to be left out."""

    def __init__(self, facts):
        self.facts = facts
        self.scope = [facts.module]
        self.bound = [set()]  # names that are surely bound here, by scope
        self.found = False
        self.used_up = False  # whether the value is only counted with, so that it may be another array of the same numbers

    def visit_Module(self, node):
        node.body = self.block(node.body)
        return node

    def visit_ClassDef(self, node):
        for field in ("bases", "keywords", "decorator_list"):
            setattr(node, field, [self.visit(one) for one in getattr(node, field)])
        self.scope.append(node)
        self.bound.append(None)  # its names are attributes: none is left out
        node.body = self.block(node.body)
        self.scope.pop()
        self.bound.pop()
        return node

    def visit_FunctionDef(self, node):
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.args.defaults = [self.visit(one) for one in node.args.defaults]
        node.args.kw_defaults = [one and self.visit(one) for one in node.args.kw_defaults]
        a = node.args
        self.scope.append(node)
        self.bound.append({arg.arg for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg)))})
        node.body = self.block(node.body)
        if node.body and isinstance(node.body[-1], ast.Return) and node.body[-1].value is None and len(node.body) > 1:
            node.body, self.found = node.body[:-1], True
        self.scope.pop()
        self.bound.pop()
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def block(self, statements):
        """The statements that do something, at least one; names that they bind are bound for those after them only."""
        mine = self.bound[-1]
        outside = None if mine is None else set(mine)
        kept = []
        for at, statement in enumerate(statements):
            if kept and isinstance(kept[-1], ENDS) and self.never_missed(statements[at:]):
                self.found = True
                break
            left = self.left_of(self.visited(statement))
            self.found |= left != [statement] and not isinstance(statement, ast.Pass)
            kept += left
            if self.bound[-1] is not None:
                self.bound[-1] |= self.surely_bound(statement)
        self.bound[-1] = outside
        return kept or [ast.Pass()]

    def visited(self, statement):
        for field in ("body", "orelse", "finalbody"):
            inner = getattr(statement, field, None)
            if isinstance(inner, list) and not isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
                setattr(statement, field, self.block(inner) if inner else [])
        if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            return self.visit(statement)
        for one in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            one.body = self.block(one.body)
        for field, value in ast.iter_fields(statement):
            if isinstance(value, ast.AST):
                self.used_up = isinstance(statement, ast.AugAssign) and field == "value"
                setattr(statement, field, self.visit(value))
            elif isinstance(value, list) and field in ("targets", "items"):
                setattr(statement, field, [self.visit(one) for one in value])
        self.used_up = False
        for field in ("orelse", "finalbody"):
            if [type(one) for one in getattr(statement, field, None) or []] == [ast.Pass]:
                setattr(statement, field, [])
        return statement

    def left_of(self, statement):
        """What is left of a statement in its block."""
        if isinstance(statement, ast.Pass):
            return []
        if isinstance(statement, ast.Return) and isinstance(statement.value, ast.Constant) and statement.value.value is None:
            statement.value = None
        if isinstance(statement, (ast.If, ast.While)) and isinstance(statement.test, ast.Constant):
            taken, dropped = (statement.body, statement.orelse) if statement.test.value else (statement.orelse, statement.body)
            if (isinstance(statement, ast.If) or not statement.test.value) and self.never_missed(dropped):
                return [one for one in taken if not isinstance(one, ast.Pass)]
        if isinstance(statement, ast.Assert) and isinstance(statement.test, ast.Constant) and statement.test.value:
            return []
        if isinstance(statement, ast.Expr) and (self.facts.quiet(statement.value) or self.remark(statement.value)):
            return []
        if isinstance(statement, ast.Assign) and (self.itself(statement) or self.for_nobody(statement)):
            return []
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and self.asked_by_nobody(statement):
            return []
        if isinstance(statement, ast.Import) and self.bound[-1] is not None and self.imported_for_nobody(*statement.names):
            return []
        return [statement]

    def never_missed(self, statements):
        """Whether what no run comes to may go: it makes no generator, and binds nothing that is bound nowhere else."""
        for node in (inner for statement in statements for inner in ast.walk(statement)):
            if isinstance(node, (ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Match, ast.Try, ast.Delete)):
                return False
        inside = {id(node) for statement in statements for node in ast.walk(statement)}
        lost = Counter(use.binding for use in self.facts.names.uses if id(use.node) in inside and not use.loads)
        return all(binding not in self.facts.read or count < self.facts.stores.get(binding, 0) for binding, count in lost.items())

    def itself(self, statement):
        target, value = statement.targets[0], statement.value
        return len(statement.targets) == 1 and isinstance(target, ast.Name) and isinstance(value, ast.Name) and target.id == value.id \
            and self.bound[-1] is not None and target.id in self.bound[-1] - self.facts.unbound

    def for_nobody(self, statement):
        """An assignment that does nothing but to give a name that nobody reads."""
        return self.bound[-1] is not None and self.facts.quiet(statement.value) \
            and all(self.names_for_nobody(target, statement.value) for target in statement.targets)

    def names_for_nobody(self, target, value):
        if isinstance(target, ast.Tuple):
            return isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts) and all(self.names_for_nobody(*pair) for pair in zip(target.elts, value.elts))
        return isinstance(target, ast.Name) and self.unread(target) and not target.id.startswith("__")

    def unread(self, node):
        binding = self.facts.binding.get(id(node))
        return binding is not None and binding not in self.facts.read

    def asked_by_nobody(self, function):
        if self.bound[-1] is None or function.decorator_list or function.name.startswith("__") or isinstance(self.scope[-1], ast.ClassDef):
            return False
        a = function.args
        annotated = function.returns or any(arg.annotation for arg in ast.walk(a) if isinstance(arg, ast.arg))
        if annotated or not all(self.facts.quiet(one) for one in (*a.defaults, *filter(None, a.kw_defaults))):
            return False
        return self.unread(function)

    def imported_for_nobody(self, alias):
        return alias.name in QUIET_MODULES and self.unread(alias)

    def remark(self, node):
        """A line for a person that nothing reads: no number, no key, no word that a log is searched for."""
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print" and id(node.func) not in self.facts.binding):
            return False
        words = all(isinstance(arg, ast.Constant) and isinstance(arg.value, str) for arg in node.args)
        return words and node.args and not node.keywords and not any(sign in arg.value for arg in node.args for sign in (":", "|", "=", "FAIL", "---", "\r"))

    def surely_bound(self, statement):
        if isinstance(statement, ast.Assign):
            return {node.id for target in statement.targets for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return {statement.name}
        if isinstance(statement, ast.Import):
            return {alias.asname or alias.name.split(".")[0] for alias in statement.names}
        return set()

    def visit_BinOp(self, node):
        outer, self.used_up = self.used_up, True
        node.left, node.right = self.visit(node.left), self.visit(node.right)
        self.used_up = outer
        value, factor = (node.left, node.right) if isinstance(node.right, ast.Constant) else (node.right, node.left)
        if not isinstance(factor, ast.Constant) or type(factor.value) not in (int, float) or factor.value not in NEUTRAL.get(type(node.op), ()):
            return node
        if math.copysign(1, factor.value) < 0 or factor is node.left and not isinstance(node.op, (ast.Add, ast.Mult)):
            return node
        if not self.same_without(node, value, factor):
            return node
        self.found = True
        return value

    def same_without(self, node, value, factor):
        kind = self.facts.kind(value)
        if isinstance(node.op, ast.Add) and kind != "int":
            return False  # -0.0 + 0 is 0.0
        if isinstance(node.op, ast.FloorDiv) and kind != "int" or isinstance(node.op, ast.Pow) and kind not in ("int", "float"):
            return False
        if kind == "int":
            return type(factor.value) is int and not isinstance(node.op, ast.Div)
        fresh = isinstance(value, (ast.BinOp, ast.UnaryOp))
        return kind == "float" or kind == "floating" and (self.used_up or fresh)

    def visit_Compare(self, node):
        outer, self.used_up = self.used_up, True
        node = self.generic_visit(node)
        self.used_up = outer
        return node

    def generic_visit(self, node):
        keep = self.used_up
        if not isinstance(node, (ast.UnaryOp, ast.Compare)):
            self.used_up = False
        node = super().generic_visit(node)
        self.used_up = keep
        return node

    def visit_Lambda(self, node):
        self.scope.append(node)
        self.bound.append(set())
        node = self.generic_visit(node)
        self.scope.pop()
        self.bound.pop()
        return node
