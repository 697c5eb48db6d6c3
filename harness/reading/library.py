"""Modules that may be looked into: Python's own that do nothing when imported, and numpy where it is installed."""
import importlib
import importlib.util
import inspect

QUIET = {"math", "cmath", "functools", "itertools", "collections", "collections.abc", "random", "time", "os", "os.path", "sys", "json", "re",
         "typing", "dataclasses", "statistics", "contextlib", "copy", "operator", "string", "struct", "abc", "enum", "bisect", "heapq", "warnings",
         "gc", "types", "numbers", "fractions", "decimal", "array", "weakref", "io", "pathlib", "threading", "hashlib"}
LOOKED_INTO = {"numpy"}


def module(name):
    """The module, or None where it may not be looked into."""
    if name not in QUIET and name.split(".")[0] not in LOOKED_INTO:
        return None
    try:
        return importlib.import_module(name) if importlib.util.find_spec(name.split(".")[0]) else None
    except ImportError:
        return None


def has(thing, name):
    """Whether a module or class has an attribute; None where that cannot be said."""
    if not (inspect.ismodule(thing) or inspect.isclass(thing)):
        return None
    try:
        getattr(thing, name)
    except AttributeError:
        if inspect.ismodule(thing) and hasattr(thing, "__path__"):
            return True if importlib.util.find_spec(f"{thing.__name__}.{name}") else False
        return False
    except Exception:
        return None
    return True
