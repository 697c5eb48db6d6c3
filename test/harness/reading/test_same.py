"""Files that compute the same have one sum, and no two others have: every small change of what train.py computes changes it."""
import ast
import random
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).parents[3] / "harness"
sys.path.insert(0, str(HARNESS))
from reading.same import canonical, sum_of  # noqa: E402

SAMPLED = 40
OPERATORS = [ast.Add, ast.Sub, ast.Mult, ast.Div]
STRICT = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}


def number(node, _):
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        node.value = node.value * 1.0000001 + 1e-12 if isinstance(node.value, float) else node.value + 1
        return True


def kind_of_number(node, _):
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and type(node.value.value) is int:
        node.value.value = float(node.value.value)
        return True


def operator(node, _):
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        node.op = OPERATORS[(OPERATORS.index(type(node.op)) + 1) % 4]()
        return True


def association(node, _):
    if isinstance(node, ast.BinOp) and type(node.op) in (ast.Add, ast.Mult) and isinstance(node.left, ast.BinOp) and type(node.left.op) is type(node.op):
        inner = node.left
        node.left, node.right = inner.left, ast.BinOp(inner.right, type(node.op)(), node.right)
        return True


def comparison(node, _):
    if isinstance(node, ast.Compare) and type(node.ops[0]) in STRICT:
        node.ops[0] = STRICT[type(node.ops[0])]()
        return True


def arguments(node, _):
    if isinstance(node, ast.Call) and len(node.args) > 1 and ast.dump(node.args[0]) != ast.dump(node.args[1]):
        node.args[:2] = node.args[1::-1]
        return True


def name(node, dice):
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        node.id = dice.choice(sorted({"np", "math", "step", "loss", "p", "d", "x", "CLIP", "DEPTH", "lr", "BETA1", "WIDTH"} - {node.id}))
        return True


def text(node, _):
    if isinstance(node, ast.Constant) and type(node.value) is str:
        node.value += "x"
        return True


def attribute(node, _):
    if isinstance(node, ast.Attribute):
        node.attr += "x"
        return True


def statement(node, dice):
    body = getattr(node, "body", None)
    if isinstance(body, list) and len(body) > 1:
        gone = body.pop(dice.randrange(len(body)))
        return not (isinstance(gone, ast.Expr) and isinstance(gone.value, ast.Constant))


CHANGES = [number, kind_of_number, operator, association, comparison, arguments, name, text, attribute, statement]


def changed(source, change, sampled):
    """(line, the file after the change) for places where it can be made, as many as are wanted."""
    dice = random.Random(change.__name__)
    tree = ast.parse(source)
    places = list(range(sum(1 for _ in ast.walk(tree))))
    dice.shuffle(places)
    for at in places:
        nodes = list(ast.walk(tree))
        node = nodes[at]
        if any(isinstance(one, ast.Expr) and one.value is node for one in nodes) or not change(node, dice):
            continue
        yield getattr(node, "lineno", 0), ast.unparse(ast.fix_missing_locations(tree))
        tree = ast.parse(source)
        sampled -= 1
        if sampled == 0:
            return


@pytest.mark.parametrize("trainer", ["cpu", "gpu"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_small_change_of_what_is_computed_is_no_idle_one(trainer, change):
    source = (HARNESS / trainer / "train.py").read_text()
    before = sum_of(source)
    made = list(changed(source, change, SAMPLED // len(CHANGES)))
    assert made
    assert [(line, after) for line, after in made if sum_of(after) == before] == []


@pytest.mark.long
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_no_small_change_at_all_is_an_idle_one(change):
    source = (HARNESS / "cpu" / "train.py").read_text()
    before = sum_of(source)
    assert [(line, after) for line, after in changed(source, change, -1) if sum_of(after) == before] == []


# Each pair looks alike and is not: what happens, or when, or to which array, is another thing.
DIFFERENT = {
    "a whole number becomes a float": ("n = 8\nprint(n)", "n = 8 * 1.0\nprint(n)"),
    "zero may have lost its sign": ("def f(x):\n    y = x / 2\n    return 1 / y", "def f(x):\n    y = x / 2 + 0\n    return 1 / y"),
    "a copy is no alias": ("def f(x):\n    y = x / 2\n    z = y\n    z += 1\n    return y", "def f(x):\n    y = x / 2\n    z = y * 1.0\n    z += 1\n    return y"),
    "an array of whole numbers times one": ("def f(x):\n    return x", "def f(x):\n    return x * 1.0"),
    "a line uses what the other sets": ("a = 1\nb = a\nprint(b)", "b = a\na = 1\nprint(b)"),
    "two calls change places": ("a = f()\nb = g()\nprint(a, b)", "b = g()\na = f()\nprint(a, b)"),
    "an iterator is read in another order": ("def f(i):\n    a, b = i\n    c, d = i\n    return a, c", "def f(i):\n    c, d = i\n    a, b = i\n    return a, c"),
    "entries of a dictionary in another order": ("d = {}\nd['a'] = 1\nd['b'] = 2\nprint(d)", "d = {}\nd['b'] = 2\nd['a'] = 1\nprint(d)"),
    "a default dictionary fills itself": (
        "from collections import defaultdict\nd = defaultdict(int)\na = d['a']\nb = d['b']\nprint(d)",
        "from collections import defaultdict\nd = defaultdict(int)\nb = d['b']\na = d['a']\nprint(d)"),
    "an attribute that does something": (
        "class C:\n    @property\n    def a(self):\n        print(1)\n    @property\n    def b(self):\n        print(2)\ndef f(c):\n    x = c.a\n    y = c.b\n    return x, y",
        "class C:\n    @property\n    def a(self):\n        print(1)\n    @property\n    def b(self):\n        print(2)\ndef f(c):\n    y = c.b\n    x = c.a\n    return x, y"),
    "dead code that makes a generator": ("def f():\n    return 1\nprint(f())", "def f():\n    return 1\n    yield 2\nprint(f())"),
    "dead code that makes a name local": ("def f():\n    print(K)\n    return 1\nK = 1\nf()", "def f():\n    print(K)\n    return 1\n    K = 2\nK = 1\nf()"),
    "a global is no local": ("K = 1\ndef f():\n    global K\n    K = 2\nf()\nprint(K)", "K = 1\ndef f():\n    K = 2\nf()\nprint(K)"),
    "a name that is looked up by its text": ("KEY = 1\nprint(globals()['KEY'])", "NAME = 1\nprint(globals()['KEY'])"),
    "a parameter that is named in a call": ("def f(a, b):\n    return a - b\nprint(f(a=1, b=2))", "def f(b, a):\n    return b - a\nprint(f(a=1, b=2))"),
    "a parameter that a dictionary names": ("def f(a, b):\n    return a - b\nprint(f(**D))", "def f(b, a):\n    return b - a\nprint(f(**D))"),
    "a field of a dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    a: int = 1\nprint(C(2))", "from dataclasses import dataclass\n@dataclass\nclass C:\n    a = 1\nprint(C(2))"),
    "a name that shadows one of Python's": ("max = 3\nprint(max)", "most = 3\nprint(max)"),
    "two names that become one": ("a = 1\nb = 2\nprint(a, b)", "a = 1\na = 2\nprint(a, a)"),
    "two names that are exchanged": ("a = 1\nb = 2\nprint(a, b)", "a = 1\nb = 2\nprint(b, a)"),
    "a name that is bound no more": ("x = 1\ndel x\nprint(2)", "x = 1\ndel x\nx = x\nprint(2)"),
    "a local that becomes itself before it is one": ("def f():\n    return K\nK = 1\nprint(f())", "def f():\n    K = K\n    return K\nK = 1\nprint(f())"),
    "an unread name whose value does something": ("print(1)", "unread = clock()\nprint(1)"),
    "an unread name whose value may fail": ("print(1)", "unread = 1 / n\nprint(1)"),
    "a name that is added to": ("n = 0\nn += 1", "n += 1"),
    "a factor beside a matrix product": ("def f(a, b):\n    return a @ b", "def f(a, b):\n    return b @ a"),
    "a sum of texts": ("def f(a):\n    return a + 'x'", "def f(a):\n    return 'x' + a"),
    "a method that a library may call": (
        "import torch\nclass M(torch.nn.Module):\n    def hook(self, a, b):\n        return a", "import torch\nclass M(torch.nn.Module):\n    def hook(self, b, a):\n        return a"),
}


@pytest.mark.parametrize("one, other", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_what_looks_alike_and_is_not_has_two_sums(one, other):
    one, other = (f"{text}\nprint({name})" if (name := called_by_nobody(text)) else text for text in (one, other))
    assert sum_of(one) != sum_of(other)


def called_by_nobody(text):
    """A function that would be left out."""
    return next((name for name in ("f",) if f"def {name}" in text and f"{name}()" not in text.replace(f"def {name}()", "") and f"print({name}" not in text), None)


@pytest.mark.parametrize("trainer", ["cpu", "gpu"])
def test_the_form_that_is_compared_is_one(trainer):
    source = (HARNESS / trainer / "train.py").read_text()
    once = ast.unparse(ast.fix_missing_locations(canonical(source)))
    assert sum_of(ast.unparse(ast.parse(source))) == sum_of(source)
    compile(once, "canonical", "exec")
