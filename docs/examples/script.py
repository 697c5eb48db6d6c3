"""A plain script as proposer: it doubles or halves one constant of train.py. Each answer is checked at once."""
import json, random, re, sys

brief = json.loads(sys.stdin.readline())
constants = re.findall(r"^([A-Z_]+ = ([0-9.]+))\b", open("train.py").read(), re.M)
for _ in range(20):  # until enough of them could be used
    line, value = random.choice(constants)
    new = f"{line.split(' = ')[0]} = {float(value) * random.choice((0.5, 2)):g}"
    print(json.dumps({"description": f"{line} -> {new}", "edits": [{"search": line, "replace": new}]}), flush=True)
    if not sys.stdin.readline():  # no verdict: nothing more is wanted
        break
