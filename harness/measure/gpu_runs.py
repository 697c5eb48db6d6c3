"""Sealed runs as a lane has them: the whole trainer once, and what a GPU says when memory runs out or an assertion fails on it."""
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

HARNESS = Path(__file__).resolve().parents[1]
FULL = {"documents": 1024, "eval-rows": 256}
SMALL = {"seq": 128, "vocab": 512, "eval-rows": 96, "documents": 64}
# Of train.py's constants those that are there: a model that a processor trains in seconds.
SMALLER = {"DEPTH": 2, "HEADS": 1, "HEAD_DIM": 64, "ROWS": 4, "ACCUMULATE": 1, "BATCH_TOKENS": 512}
BUDGET, BUDGET_SMALL = 30, 5
START, WALL = 240, 330
OUT_OF_MEMORY = "import torch\ntorch.empty(400 << 30, dtype=torch.uint8, device='cuda')\n"
ASSERTION = "import torch\ntorch.zeros(4, device='cuda')[torch.tensor([9], device='cuda')]\ntorch.cuda.synchronize()\n"
STEP = re.compile(r"step (\d+) .*?dt: (\d+)ms \| tok/sec: ([\d,]+) \| mfu: ([\d.]+)%")
ERROR = re.compile(r"(?m)^[\w.]*(?:Error|Exception)\b.*$")
# Comes after prepare.py's own text. What is printed before the evaluation begins stands in the log.
FACTS = '''

_evaluate_bpb = evaluate_bpb


def evaluate_bpb(model, tokenizer, batch_size):
    print("\\nCHECK " + json.dumps(_facts(model)), flush=True)
    return _evaluate_bpb(model, tokenizer, batch_size)


def _facts(model):
    """How many graphs were compiled, and whether answers to one beginning are the same bit for bit."""
    import torch
    half = MAX_SEQ_LEN // 2
    x = np.array(read_ids("train")[:MAX_SEQ_LEN]).reshape(1, -1)
    other = np.concatenate([x[:, :half], x[:, :MAX_SEQ_LEN - half]], axis=1)
    with torch.inference_mode():
        first, again, cut = (logits_of(model, each) for each in (x, x, other))
    dynamo = sys.modules.get("torch._dynamo.utils")
    return {"device": str(device()), "graphs": dynamo.counters["stats"]["unique_graphs"] if dynamo else 0, "peak_mb": round(peak_memory_mb()),
            "again": bool((first == again).all()), "beginning": bool((first[:, :half] == cut[:, :half]).all())}
'''


def text(check):
    """Makes the text that the runs are measured on, or takes the one that was given."""
    if check.text:
        meta = json.loads((check.text / "sealed/meta.json").read_text())
        return [("text", f"{meta['eval_tokens']:,} tokens to evaluate, rows of {meta['seq']:,}, vocabulary {meta['vocab']:,}, as given")]
    shape = SMALL if check.small else FULL
    secret = check.work / "secret"
    secret.write_bytes(b"text of gpu_check, for one run.")
    command = [sys.executable, str(HARNESS / "gpu/prepare.py"), "--text", str(check.work), "--sealed", str(check.work / "sealed"),
               "--secret-file", str(secret), *(word for name, number in shape.items() for word in (f"--{name}", str(number)))]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=check.left())
    if ended.returncode:
        return [("text", f"no: {ended.stderr.strip()[-300:]}")]
    return [("text", f"made up, which is no language: {shape['documents']} documents, {shape['eval-rows']} rows to evaluate")]


def run(check, name, source, budget, wall, experiment="000000"):
    """One sealed run: (result, log). Both also go into the folder for the report. Another `experiment` gets what the first compiled."""
    folder = check.work / name
    (folder / "work").mkdir(parents=True)
    (folder / "result").mkdir(mode=0o700)
    (folder / "work/train.py").write_text(source)
    wall = min(wall, max(20, check.left() - 10))
    clocks = {"budgetSeconds": budget, "startSeconds": min(START, wall), "wallSeconds": wall}
    intent = {"schema": 1, "lane": "gpu-check", "experiment": experiment, "attempt": 1, "nonce": "0" * 32, "intent": "0" * 64, "seed": 42,
              "clock": "wall", "requireSealed": True, "clocks": clocks}
    (folder / "intent.json").write_text(json.dumps(intent))
    trainer, made = check.work / "trainer", check.text.resolve() if check.text else check.work
    trainer.mkdir(exist_ok=True)
    (trainer / "prepare.py").write_text((HARNESS / "gpu/prepare.py").read_text() + FACTS)
    command = [sys.executable, "-I", str(HARNESS / "supervise.py"), "--run", str(folder), "--harness", str(trainer), "--text", str(made / "text"),
               "--sealed", str(made / "sealed"), *["--gpu", "--compiled", str(check.work / "compiled")] * check.gpu]
    ended = subprocess.run(command, capture_output=True, text=True)
    for file in ("result.json", "run.log"):
        if not (folder / "result" / file).exists():
            raise RuntimeError(f"the supervisor left no {file}: {ended.stderr.strip()[-300:]}")
        shutil.copy(folder / "result" / file, check.out / f"{name}-{file}")
    return json.loads((folder / "result/result.json").read_text()), (folder / "result/run.log").read_text(errors="replace").replace("\r", "\n")


def smaller(source):
    for name, number in SMALLER.items():
        source = re.sub(rf"(?m)^{name} = [\d_]+(?= )", f"{name} = {number}", source)
    return source


def sealed(check):
    """The whole trainer for a short budget: graphs, first steps, speed, memory, start-up, and the exam."""
    source = (HARNESS / "gpu/train.py").read_text()
    result, log = run(check, "sealed", smaller(source) if check.small else source, BUDGET_SMALL if check.small else BUDGET, WALL)
    size = "small" if check.small else "full size"
    if result["status"] != "finished":
        return [("sealed run", f"no: {size}: {result['status']}, {result['reason']}: {result['sentence']} {last_error(log)}")]
    facts = json.loads(re.search(r"(?m)^CHECK (.*)$", log).group(1))
    steps, meta = STEP.findall(log), json.loads(((check.text or check.work) / "sealed/meta.json").read_text())
    training = float(re.search(r"(?m)^training_seconds:\s+([\d.]+)", log).group(1))
    evaluation = result["wall_seconds"] - result["start_seconds"]
    graphs = facts["graphs"]
    return [
        ("sealed run", f"yes: {size} on {facts['device']}, {result['gpu'] or 'no GPU'}, confined by {result['sealed']}, val_bpb {result['val_bpb']}"),
        ("graphs compiled", f"{graphs}" if graphs == check.gpu else f"no: {graphs} instead of {int(check.gpu)}"),
        ("steps", ", ".join(f"{int(number)}: {dt} ms" for number, dt, _, _ in [*steps[:3], *steps[11:12], steps[-1]])),
        ("speed of the last step", f"{steps[-1][2]} tokens/s, MFU {steps[-1][3]} %"),
        ("peak memory", f"{facts['peak_mb']} MiB" + (" of the GPU" if check.gpu else " of the process")),
        ("start-up", f"{result['start_seconds'] - training:.1f} s beside {training:.1f} s of training"),
        ("evaluation", f"{evaluation:.1f} s for {meta['eval_tokens']:,} tokens, {1e6 * evaluation / meta['eval_tokens']:.1f} microseconds each"),
        ("asked again", "the same bit for bit" if facts["again"] else "no: the same row was answered otherwise"),
        ("asked with another ending", "the same bit for bit" if facts["beginning"] else "no: the same beginning was answered otherwise"),
    ]


def again(check):
    """The start-up of a later experiment of the lane, which gets what the sealed run compiled."""
    source = (HARNESS / "gpu/train.py").read_text()
    result, log = run(check, "again", smaller(source) if check.small else source, 1, 90, "000001")
    if result["status"] != "finished":
        return [("start-up of a later run", f"no: {result['status']}, {result['reason']}: {result['sentence']} {last_error(log)}")]
    training = float(re.search(r"(?m)^training_seconds:\s+([\d.]+)", log).group(1))
    given = re.search(r"(\d+) files that the baseline compiled", log)
    return [("start-up of a later run", f"{result['start_seconds'] - training:.1f} s with {given.group(1) if given else 'no'} compiled files of the first")]


def last_error(log):
    found = ERROR.findall(log)
    return f"Last error: {found[-1][:200]}" if found else "The log holds no error."


def worded(check, name, source, meant):
    """What a run that breaks is called, and the words to tell it by; one that broke on anything but what was `meant` tells nothing."""
    result, log = run(check, name, source, 1, 60)
    if result["status"] == "finished" or not ERROR.search(log):
        return f"no: it ended as {result['status']}, {result['reason']}: {result['sentence']}"
    told = f"{result['status']}, {result['reason']}. {last_error(log)}"
    return told if re.search(meant, last_error(log)) else f"no: {told}"


def out_of_memory(check):
    return [("out of memory", worded(check, "out-of-memory", OUT_OF_MEMORY, "out of memory|NVML_SUCCESS"))]  # The other is a MIG device's word.


def assertion(check):
    return [("assertion on the device", worded(check, "assertion", ASSERTION, "device-side assert"))]
