"""Answers, in at most eight minutes, what the GPU of this machine does for the GPU trainer: `npm run gpu-check`.

  harness/gpu/.venv/bin/python harness/measure/gpu_check.py [--small] [--text DIR] [--out DIR]

Each stage is one line. Then comes a report in Markdown, for docs/measurements.md. Without a GPU all is answered but CUDA,
and a small model is trained on the processor. The exit status is 1 where something does not work that should.
"""
import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HARNESS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HARNESS))
sys.dont_write_bytecode = True

import gpu_facts
import gpu_runs
import gpu_start

SECONDS = 480  # In all. A stage that may not end by then is left out.


@dataclass(frozen=True)
class Check:
    """What the stages share. `text`: a folder with text/ and sealed/, or None; `gpu`: whether one is plugged in."""
    work: Path
    out: Path
    text: Path | None
    gpu: bool
    small: bool
    ends: float

    def left(self):
        return self.ends - time.monotonic()


@dataclass(frozen=True)
class Stage:
    """`work(check)` gives rows (what, answer); an answer that begins with "no" is a fault. `most`: seconds that it may take."""
    name: str
    work: object
    most: float
    needs_gpu: bool = False


STAGES = (
    Stage("machine", gpu_facts.machine, 40),
    Stage("confinement", gpu_start.abilities, 60),
    Stage("CUDA under the seal", gpu_start.cuda, 60, needs_gpu=True),
    Stage("page-locked hand-over", gpu_start.page_locked, 40, needs_gpu=True),
    Stage("text", gpu_runs.text, 60),
    Stage("sealed run", gpu_runs.sealed, 120),
    Stage("start-up of a later run", gpu_runs.again, 40, needs_gpu=True),
    Stage("out of memory", gpu_runs.out_of_memory, 30, needs_gpu=True),
    Stage("assertion on the device", gpu_runs.assertion, 30, needs_gpu=True),
)


def carried_out(stage, check):
    """Rows of one stage; what it raises is its answer."""
    if stage.needs_gpu and not check.gpu:
        return [(stage.name, "left out: there is no GPU here")]
    if check.left() < stage.most:
        return [(stage.name, f"left out: it may take {stage.most:.0f} s and {max(0, check.left()):.0f} are left; run it again")]
    try:
        return stage.work(check)
    except Exception as error:
        return [(stage.name, f"no: {type(error).__name__}: {error}")]


def report(answers, seconds):
    """A Markdown table of all rows."""
    rows = [f"| {what} | {answer} |" for what, answer in ((cell(what), cell(answer)) for what, answer in answers)]
    return "\n".join([f"`npm run gpu-check`, {time.strftime('%Y-%m-%d', time.gmtime())}, {seconds:.0f} s:", "", "| what | answer |", "|---|---|", *rows]) + "\n"


def cell(text):
    return " ".join(str(text).split()).replace("|", "\\|")[:600]


def failed(answer):
    return answer == "no" or answer.startswith(("no:", "no "))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="train a small model for 5 s, as is done without a GPU anyway")
    parser.add_argument("--text", type=Path, metavar="DIR", help="a lane's text, with text/ and sealed/ in it (default: one is made)")
    parser.add_argument("--out", type=Path, metavar="DIR", default=Path("gpu-check"), help="where report.md and the runs' logs go (default: gpu-check)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="seconds in all (default: %(default)s)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    began, answers, gpu = time.monotonic(), [], bool(gpu_facts.devices())
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # The child may be another user.
        check = Check(Path(folder).resolve(), options.out.resolve(), options.text, gpu, options.small or not gpu, began + options.seconds)
        for stage in STAGES:
            started = time.monotonic()
            rows = carried_out(stage, check)
            answers += rows
            told = "; ".join(answer if what == stage.name else f"{what}: {answer}" for what, answer in rows)
            print(f"{stage.name} ({time.monotonic() - started:.0f} s): {' '.join(told.split())}", flush=True)
    text = report(answers, time.monotonic() - began)
    (options.out / "report.md").write_text(text)
    faults = [what for what, answer in answers if failed(answer)]
    print(f"\n{text}")
    print(f"This lies in {options.out}/report.md, beside the runs' logs. Paste it into docs/measurements.md.")
    if faults:
        print(f"Not as it should be: {', '.join(faults)}. docs/gpu.md says what a GPU needs.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
