"""Whether two files compute the same: their trees, without what makes no difference."""
import ast
import hashlib
import operator
import re

from reading.idle import without_idle
from reading.order import in_one_order
from reading.scopes import looks_at_itself

FOLDED = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv,
          ast.Pow: operator.pow, ast.LShift: operator.lshift}
SEEDERS = {"seed", "manual_seed", "manual_seed_all", "default_rng", "PCG64", "RandomState", "MT19937", "SeedSequence", "Philox", "SFC64", "Random"}


# `SEED`, `init_seed`; not `NUM_SEEDS`, which counts them.
NAMES_A_SEED = re.compile(r"(^|_)seed$", re.IGNORECASE)
SEED_ARITHMETIC = (ast.BinOp, ast.operator, ast.expr_context)


class Normal(ast.NodeTransformer):
    """Without docstrings and other statements that do nothing; constant arithmetic is done."""

    fields = frozenset()

    def visit_Expr(self, node):
        node = self.generic_visit(node)
        return None if isinstance(node.value, ast.Constant) else node

    def visit_Pass(self, node):
        return None

    def visit_Import(self, node):
        return [ast.Import([alias]) for alias in node.names]

    def visit_ClassDef(self, node):
        # What is annotated in the body of a class may be a field of it.
        fields, self.fields = self.fields, {id(n) for n in node.body}
        node = self.generic_visit(node)
        self.fields = fields
        return node

    def visit_AnnAssign(self, node):
        field = id(node) in self.fields
        node = self.generic_visit(node)
        if field:
            return node
        return ast.Assign([node.target], node.value) if node.value and node.simple else node

    def visit_BinOp(self, node):
        value = folded(node)
        return ast.Constant(value) if value is not None else self.generic_visit(node)


def folded(node):
    """The value of arithmetic on literal numbers, None for anything else."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = folded(node.operand)
        return None if value is None else -value
    if not isinstance(node, ast.BinOp) or type(node.op) not in FOLDED:
        return None
    left, right = folded(node.left), folded(node.right)
    if left is None or right is None or abs(left) > 2 ** 64 or abs(right) > 64 and isinstance(node.op, (ast.Pow, ast.LShift)):
        return None
    try:
        value = FOLDED[type(node.op)](left, right)
    except (ArithmeticError, TypeError, ValueError):
        return None
    return value if isinstance(value, (int, float)) else None


class Seedless(ast.NodeTransformer):
    """Where a seed stands, any seed might stand."""

    def visit_Assign(self, node):
        named = all(isinstance(t, ast.Name) and NAMES_A_SEED.search(t.id) for t in node.targets)
        return ast.Assign(node.targets, ast.Constant("seed")) if named and isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Call(self, node):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        node = self.generic_visit(node)
        return ast.Call(node.func, [ast.Constant("seed")], []) if name in SEEDERS else node

    def visit_BinOp(self, node):
        return ast.Constant("seed") if all(isinstance(n, SEED_ARITHMETIC) or seedlike(n) for n in ast.walk(node)) else self.generic_visit(node)

    def visit_Name(self, node):
        return ast.Constant("seed") if node.id == "SEED" and isinstance(node.ctx, ast.Load) else node


def seedlike(node):
    """Whether arithmetic on seeds may be made of it: `SEED + 1`."""
    return isinstance(node, ast.Name) and node.id == "SEED" or isinstance(node, ast.Constant) and isinstance(node.value, (int, str))


class Frame(ast.NodeTransformer):
    """The program without the values of its constants: where two have one frame, each constant is used alike in both."""

    def visit_Module(self, node):
        return ast.Module([ast.Assign(n.targets, ast.Constant("value")) if names_one(n) else n for n in node.body], [])


def names_one(statement):
    return isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name)


def frame(text):
    return digest(Frame().visit(Normal().visit(ast.parse(text))))


def sum_of(text):
    return digest(canonical(text))


def canonical(text):
    """The program in the form that it shares with all that differ in names, order and idle code alone. It can be run."""
    tree = Normal().visit(ast.parse(text))
    return tree if looks_at_itself(tree) else in_one_order(without_idle(tree))


def seedless(text):
    return digest(Seedless().visit(Normal().visit(ast.parse(text))))


def digest(tree):
    return hashlib.sha256(ast.dump(tree, annotate_fields=False).encode("utf-8", "surrogatepass")).hexdigest()
