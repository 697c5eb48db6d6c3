"""What a sealed child can do, found out in one run: the abilities of the harness, tried by a train.py that tells each outcome."""
import json

from gpu_trainer import HARNESS
from supervised import make_run, supervise

SOURCE = (HARNESS / "seal" / "confine" / "abilities.py").read_text()
TRIED = """
import json
for number, (name, ability) in enumerate(ABILITIES.items()):
    folder = os.path.abspath(str(number))
    os.mkdir(folder)
    try:
        ability(folder)
        said = "ok"
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    print("ABILITY " + json.dumps([name, said]), flush=True)
"""


def tried(folder, names, options=(), **where):
    """The outcome of each ability of these dictionaries, by name, in a run that must be sealed by Landlock."""
    source = SOURCE + TRIED.replace("ABILITIES", "{" + ", ".join(f"**{name}" for name in names) + "}", 1)
    run = make_run(folder, source, requireSealed=True, clock="wall")
    code, result, log = supervise(run, *options, **where)
    assert (code, result["sealed"], result["reason"]) == (0, "landlock", "no_metric"), log
    return dict(json.loads(line.removeprefix("ABILITY ")) for line in log.splitlines() if line.startswith("ABILITY "))
