"""What sealing costs: the same model evaluated in-process and by the supervisor, in one child, one after the other.

  python harness/measure/sealing.py [--runs 10] [--budget 5]

Prints a table for docs/threats.md. Seconds by the wall; the least of the runs is what the machine can do, the
median what it did. Run it with the trainer's Python on an idle machine of two cores or more.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HARNESS = Path(__file__).resolve().parent.parent
SOURCE = (HARNESS / "cpu" / "train.py").read_text()
CALL = "    val_bpb = evaluate_bpb(model, tokenizer, EVAL_BATCH)\n"
# After the first batch only the summary's keys are relayed, so the second time travels under one of them.
BOTH = """
    import os, time
    seal = os.environ.pop("AUTORESEARCH_SEAL")
    evaluate_bpb(model, tokenizer, EVAL_BATCH)  # The sample is read and the model warm.
    began = time.perf_counter()
    in_process = evaluate_bpb(model, tokenizer, EVAL_BATCH)
    print(f"in-process {time.perf_counter() - began:.6f}", flush=True)
    os.environ["AUTORESEARCH_SEAL"] = seal
    began = time.perf_counter()
    val_bpb = evaluate_bpb(model, tokenizer, EVAL_BATCH)
    print(f"mfu_percent: {time.perf_counter() - began:.6f}", flush=True)
"""


def run(folder, number, budget):
    """One run; seconds of the evaluation in-process and sealed, and its result."""
    place = folder / f"run-{number}"
    for name in ("", "work", "result"):
        (place / name).mkdir(mode=0o700)
    changed = SOURCE.replace(CALL, BOTH)
    assert changed != SOURCE, "train.py evaluates otherwise than this script knows"
    (place / "work" / "train.py").write_text(changed)
    (place / "intent.json").write_text(json.dumps({
        "schema": 1, "lane": "cost", "experiment": "000000", "attempt": 1, "nonce": "0" * 32, "intent": "0" * 64, "seed": 42,
        "clocks": {"budgetSeconds": budget, "startSeconds": 10 * budget + 30, "wallSeconds": 20 * budget + 60},
        "requireSealed": False, "clock": "cpu",
    }))
    subprocess.run([sys.executable, "-I", HARNESS / "supervise.py", "--run", place, "--harness", HARNESS / "cpu",
                    "--text", folder / "text", "--sealed", folder / "sealed"], check=True)
    result = json.loads((place / "result" / "result.json").read_text())
    log = (place / "result" / "run.log").read_text(errors="replace")
    if result["status"] != "finished":
        raise SystemExit(f"run {number} did not finish: {result['reason']}: {result['sentence']}")
    alone = float(re.search(r"^in-process ([\d.]+)$", log, re.M)[1])
    sealed = float(re.search(r"^mfu_percent: ([\d.]+)$", log, re.M)[1])
    return alone, sealed, result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--budget", type=float, default=5.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "secret").write_bytes(os.urandom(32))
        subprocess.run([sys.executable, HARNESS / "cpu" / "prepare.py", "--text", folder, "--sealed", folder / "sealed",
                        "--secret-file", folder / "secret"], check=True, stdout=subprocess.DEVNULL)
        runs = [run(folder, number, options.budget) for number in range(options.runs)]
    level = runs[0][2]["sealed"]
    print(f"| evaluation, n = {len(runs)}, sealed by {level} | least, s | median, s |\n|---|---|---|")
    for title, column in (("in-process", 0), ("sealed", 1)):
        seconds = [one[column] for one in runs]
        print(f"| {title} | {min(seconds):.3f} | {statistics.median(seconds):.3f} |")
    extra = [one[1] - one[0] for one in runs]
    least = min(one[1] for one in runs) - min(one[0] for one in runs)
    whole = [one[2]["wall_seconds"] for one in runs]
    print(f"| cost | {least:.3f} ({100 * least / min(one[0] for one in runs):.0f} % of the evaluation) "
          f"| {statistics.median(extra):.3f} ({100 * statistics.median(extra) / statistics.median(whole):.1f} % of the run) |")


if __name__ == "__main__":
    main()
