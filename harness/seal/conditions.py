"""What makes two numbers comparable, as far as the supervisor can see it: hashes of the code, and the machine's GPUs."""
import hashlib
import os

GPUS = "/proc/driver/nvidia/gpus"


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def modules(root):
    """Paths below `root` of every module of seal/, folders within it included, in the order of their names."""
    found = []
    for folder, _, names in os.walk(os.path.join(root, "seal"), onerror=_raise):
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names if name.endswith(".py")]
    return sorted(found)


def supervise_sha256(root=None):
    """sha256 over the lines `sha256  name` of supervise.py and then the modules of seal/, in the order of their names.

    root: the folder with both (default: this module's own). OSError where one of them cannot be read.
    """
    root = root or os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    names = ["supervise.py", *modules(root)]
    listing = "".join(f"{sha256_of(os.path.join(root, name))}  {name}\n" for name in names)
    return hashlib.sha256(listing.encode()).hexdigest()


def _raise(error):
    # A folder that os.walk cannot list would fall out of the sum without a word.
    raise error


def gpu_name():
    """The products that the driver finds here, each once: how many there are changes no number. '' where there is none."""
    names = set()
    for entry in sorted(os.listdir(GPUS)) if os.path.isdir(GPUS) else []:
        with open(os.path.join(GPUS, entry, "information"), encoding="utf-8", errors="replace") as file:
            names |= {line.partition(":")[2].strip() for line in file if line.startswith("Model:")}
    return ", ".join(sorted(names))[:80]
