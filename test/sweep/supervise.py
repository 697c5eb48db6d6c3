"""The scripted trainer of the crash sweep: it keeps the supervisor's contract, and what train.py says becomes of it.

`BPB = 1.9`, `CRASH = "name"`, `WALL = True`, `LOSE_FIRST = True` or `NOISY = True` in the file decide how the attempt ends. Each attempt
that begins is a line of the journal beside the runs: the sweep counts in it. It ends when it is told to, by a file `go`.
"""
import argparse
import hashlib
import json
import os
import re
import time

parser = argparse.ArgumentParser()
for name in ("run", "harness", "text", "sealed"):
    parser.add_argument(f"--{name}", required=True)
args = parser.parse_args()
result = os.path.join(args.run, "result")
with open(os.path.join(args.run, "intent.json")) as file:
    intent = json.load(file)
with open(os.path.join(args.run, "work", "train.py")) as file:
    source = file.read()


def put(name, content):
    path = os.path.join(result, name)
    with open(path + ".new", "w") as file:
        file.write(content)
    os.replace(path + ".new", path)


with open("/proc/self/stat") as file:
    start = file.read().rpartition(")")[2].split()[19]
mine = os.path.join(result, f"claim.{os.getpid()}")
with open(mine, "w") as file:
    json.dump({"pid": os.getpid(), "startTime": start, "startedMs": int(time.time() * 1000)}, file)
try:
    os.link(mine, os.path.join(result, "started.json"))
except FileExistsError:
    raise SystemExit(3)
with open(os.path.join(os.path.dirname(args.run), "..", "journal"), "a") as journal:
    journal.write(f"{intent['experiment']}/{intent['attempt']}\n")
put("phase", "training")
while not os.path.exists(os.path.join(args.run, "go")):
    if not os.path.isdir(args.run):
        raise SystemExit("the run was removed")
    time.sleep(0.002)
if "LOSE_FIRST = True" in source and intent["attempt"] == 1:
    os._exit(1)

crash = re.search(r'^CRASH = "(\w+)"', source, re.M)
bpb = re.search(r"^BPB = ([\d.]+)", source, re.M)
# As far as files differ in their luck under a seed: a thousandth.
luck = hashlib.sha256(f"{intent['seed']} {source}".encode()).digest()[0] / 255_000 if "NOISY = True" in source else 0
log, status, reason, code = "trained\n", "finished", "", 0
if crash:
    name = {"name": "NameError", "syntax": "SyntaxError"}[crash[1]]
    log = f'Traceback (most recent call last):\n  File "train.py", line 1, in <module>\n{name}: scripted\n'
    status, reason, code = "crashed", "exit", 1
elif "WALL = True" in source:
    status, reason, code = "crashed", "wall", None
zero = "0" * 64
put("run.log", log)
put("result.json", json.dumps({
    "schema": 1, "nonce": intent["nonce"], "status": status, "reason": reason, "sentence": reason, "exit_code": code,
    "signal": None, "val_bpb": round(float(bpb[1]) + luck, 6) if status == "finished" else None, "start_seconds": 1.0,
    "training_seconds": 1.0, "wall_seconds": 1.5, "memory_mb": 10.0, "steps": 7,
    "train_sha256": hashlib.sha256(source.encode()).hexdigest(), "prepare_sha256": zero, "supervise_sha256": zero,
    "data_sha256": zero, "gpu": "scripted", "log_bytes": len(log), "log_sha256": hashlib.sha256(log.encode()).hexdigest(),
    "sealed": "none"}))
