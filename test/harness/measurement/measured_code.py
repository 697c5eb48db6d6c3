"""The code that measures, summed up without comments, docstrings and blank lines, and what was recorded of it.

    python test/harness/measurement/measured_code.py             after VERSION in harness/seal/measurement.py was raised
    python test/harness/measurement/measured_code.py --same      the code is another, and no number can be
"""
import hashlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
HARNESS = HERE.parents[2] / "harness"
RECORDED = HERE / "measured_code.txt"
sys.path.insert(0, str(HARNESS))

from seal.conditions import modules
from seal.measurement import VERSION, code_sha256


def summed(root=HARNESS):
    """sha256 over supervise.py and seal/."""
    names = ["supervise.py", *modules(str(root))]
    return hashlib.sha256("".join(f"{code_sha256((root / name).read_bytes())}  {name}\n" for name in names).encode()).hexdigest()


def recorded():
    """[(version, sum)], oldest first."""
    return [(int(version), code) for version, code in (line.split() for line in RECORDED.read_text().splitlines())]


def main(arguments):
    known = recorded()
    if known[-1] == (VERSION, summed()):
        return "nothing to record"
    if known[-1][0] == VERSION and arguments != ["--same"]:
        return "raise VERSION in harness/seal/measurement.py; or, where no train.py can have another number, give --same"
    kept = [one for one in known if one[0] != VERSION]
    RECORDED.write_text("".join(f"{version} {code}\n" for version, code in [*kept, (VERSION, summed())]))
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
