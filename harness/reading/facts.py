"""What is known of the names and values of a file: what is stored in a name, whether anybody reads it, what kind of number a value is."""
import ast

from reading.scopes import Names

FLOATS_OF_NUMPY = {"exp", "exp2", "log", "log2", "log10", "log1p", "expm1", "sqrt", "tanh", "sin", "cos", "mean", "std", "var", "float32", "float64", "true_divide"}
WHOLE_OF_MATH = {"floor", "ceil", "trunc", "gcd", "lcm", "factorial", "comb", "perm", "isqrt", "isnan", "isinf", "isfinite", "isclose", "prod", "frexp", "modf"}


class Facts:
    """What is known of each name: what is stored in it, and whether anybody reads it."""

    def __init__(self, tree):
        self.names = Names(tree)
        self.binding = {}  # id of a node → the binding of the name that it says
        self.stores, self.plain, self.read = {}, {}, set()
        for use in self.names.uses:
            if use.scope is None:
                continue
            if not isinstance(use.node, (ast.Global, ast.Nonlocal)):
                self.binding[id(use.node)] = use.binding
            if use.loads or isinstance(use.node, (ast.Global, ast.Nonlocal)) or isinstance(getattr(use.node, "ctx", None), ast.Del):
                self.read.add(use.binding)
            else:
                self.stores[use.binding] = self.stores.get(use.binding, 0) + 1
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self.plain.setdefault(self.binding.get(id(target)), []).append(node.value)
            elif isinstance(node, ast.AugAssign):
                self.read.add(self.binding.get(id(node.target)))
        self.unbound = {use.name for use in self.names.uses if isinstance(getattr(use.node, "ctx", None), ast.Del) or isinstance(use.node, ast.ExceptHandler)}
        self.module, self.kinds = tree, {}
        self.numpy, self.math = (self.module_names(name) for name in ("numpy", "math"))

    def module_names(self, module):
        found = [alias for node in self.module.body if isinstance(node, ast.Import) for alias in node.names if alias.name == module]
        names = {alias.asname or alias.name for alias in found}
        return {name for name in names if self.stores.get((id(self.module), name)) == 1}

    def of_module(self, node, names):
        """Whether the node is an attribute of a module that is called so, and nothing else is."""
        return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names \
            and self.binding.get(id(node.value)) == (id(self.module), node.value.id)

    def kind(self, node):
        """"int" or "float" for a number of Python's own, "floating" for one that may be an array, None where nobody knows."""
        if isinstance(node, ast.Constant):
            return {int: "int", float: "float"}.get(type(node.value))
        if isinstance(node, ast.Name):
            return self.kind_of_name(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self.kind(node.operand)
        if isinstance(node, ast.IfExp):
            kinds = {self.kind(node.body), self.kind(node.orelse)}
            return kinds.pop() if len(kinds) == 1 else "floating" if kinds == {"float", "floating"} else None
        if isinstance(node, ast.BinOp):
            return self.kind_of_sum(node)
        if isinstance(node, ast.Call):
            return self.kind_of_call(node)
        return None

    def kind_of_name(self, node):
        binding = self.binding.get(id(node))
        values = self.plain.get(binding, [])
        if not values or len(values) != self.stores.get(binding):
            return None
        if binding not in self.kinds:
            self.kinds[binding] = None  # where it is made of itself
            kinds = {self.kind(value) for value in values}
            self.kinds[binding] = kinds.pop() if len(kinds) == 1 else "floating" if kinds == {"float", "floating"} else None
        return self.kinds[binding]

    def kind_of_sum(self, node):
        left, right = self.kind(node.left), self.kind(node.right)
        numbers = {"int", "float"}
        if isinstance(node.op, ast.Div):
            return "float" if {left, right} <= numbers else "floating" if {left, right} & {*numbers, "floating"} else None
        if isinstance(node.op, (ast.Add, ast.Sub, ast.Mult)):
            if {left, right} == {"int"}:
                return "int"
            if {left, right} <= numbers:
                return "float"
            return "floating" if {left, right} & {"float", "floating"} else None
        return None

    def kind_of_call(self, node):
        function = node.func
        if isinstance(function, ast.Name):
            builtin = function.id == "float" and id(function) not in self.binding
            return "float" if builtin else None
        if self.of_module(function, self.math):
            return None if function.attr in WHOLE_OF_MATH else "float"
        return "floating" if self.of_module(function, self.numpy) and function.attr in FLOATS_OF_NUMPY and not node.keywords else None

    def quiet(self, node):
        """Whether working it out does nothing and cannot fail: literals, and functions that are only made."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, (ast.Tuple, ast.List)):
            return all(self.quiet(one) for one in node.elts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
            return isinstance(node.operand, ast.Constant) and (isinstance(node.op, ast.Not) or type(node.operand.value) in (int, float))
        if isinstance(node, ast.Lambda):
            return all(self.quiet(one) for one in (*node.args.defaults, *filter(None, node.args.kw_defaults)))
        return False
