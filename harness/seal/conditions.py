"""What makes two numbers comparable, as far as the supervisor can see it: hashes of the code, and the machine's GPUs."""
import hashlib
import os

GPUS = "/proc/driver/nvidia/gpus"


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def supervise_sha256():
    """sha256 over the lines `sha256  name` of supervise.py and the modules of seal/, in the order of their names."""
    root = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    names = ["supervise.py"] + sorted(f"seal/{n}" for n in os.listdir(os.path.join(root, "seal")) if n.endswith(".py"))
    listing = "".join(f"{sha256_of(os.path.join(root, name))}  {name}\n" for name in names)
    return hashlib.sha256(listing.encode()).hexdigest()


def gpu_name():
    """What the driver calls the GPUs of this machine; '' where there is none."""
    names = []
    for entry in sorted(os.listdir(GPUS)) if os.path.isdir(GPUS) else []:
        with open(os.path.join(GPUS, entry, "information"), encoding="utf-8", errors="replace") as file:
            names += [line.partition(":")[2].strip() for line in file if line.startswith("Model:")]
    return ", ".join(names)[:80]
