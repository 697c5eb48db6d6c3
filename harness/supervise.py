"""The trusted parent of every run: it starts train.py confined, keeps the clocks and measures val_bpb itself.

The child answers questions about text that it cannot read; the loss is computed here, and this process alone writes the
result. What train.py prints is shown and never believed. Python 3.10 or later, numpy for the loss, nothing else.
"""
import os
import sys

# The interpreter runs isolated (-I), which leaves out this folder.
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import argparse

from seal import probe
from seal.confine.levels import LEVELS
from seal.run_dir import AlreadyStarted, LocalRunDir, PodRunDir
from seal.supervision import supervise


def parse(arguments):
    parser = argparse.ArgumentParser(prog="supervise.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probe", action="store_true", help="say what this machine can enforce and what train.py can do there, one line each, and end")
    parser.add_argument("--rehearse", metavar="DIR", help="say how train.py would be confined if its run lay in DIR, and why not better, one line each, and end")
    parser.add_argument("--conditions", action="store_true",
                        help="say in one line under which Conditions a run with --harness would be measured here, with --gpu on its GPU, and end")
    parser.add_argument("--references", action="store_true",
                        help="compute, once, what the exam needs to know about --text and --sealed (for an image), and end")
    where = parser.add_argument_group("where the run lies (a directory, or three paths in a container)")
    where.add_argument("--run", metavar="DIR", help="directory with intent.json, work/train.py and result/ (mode 0700)")
    where.add_argument("--intent", metavar="FILE", help="instead of --run: the intent's JSON")
    where.add_argument("--work", metavar="DIR", help="instead of --run: the child's directory, with train.py in it")
    where.add_argument("--train", metavar="FILE", help="where train.py is not in --work yet: the file as gzip in base64")
    where.add_argument("--result", metavar="FILE", help="instead of --run: where the result goes; the log goes to stdout")
    what = parser.add_argument_group("what it is measured with")
    what.add_argument("--harness", metavar="DIR", help="folder with prepare.py")
    what.add_argument("--text", metavar="DIR", help="public text: train.bin and meta.json")
    what.add_argument("--sealed", metavar="DIR", help="validation text: val.bin and meta.json, unreadable for the child")
    what.add_argument("--gpu", action="store_true", help="train.py is to have an NVIDIA GPU: without one the run is refused, never measured; with --probe: report it, too")
    what.add_argument("--compiled", metavar="DIR", help="with --gpu: where what the lane's baseline compiles is kept for its later runs; made where it is missing")
    limits = parser.add_argument_group("limits")
    limits.add_argument("--confine", choices=LEVELS, default=LEVELS[0], help="the strongest confinement to use (default: the best there is)")
    limits.add_argument("--memory-mb", type=float, metavar="N", help="most resident memory of the process tree (default: what the machine has)")
    limits.add_argument("--disk-mb", type=float, default=4096, metavar="N", help="most that it may leave on disk (default: 4096)")
    options = parser.parse_args(arguments)
    in_pod = (options.intent, options.work, options.result)
    if options.probe or (options.conditions and options.harness) or ((options.references or options.rehearse) and options.text and options.sealed):
        return options
    if not (options.harness and options.text and options.sealed) or not (options.run or all(in_pod)) or (options.run and any((*in_pod, options.train))):
        parser.error("name --harness, --text and --sealed, and either --run or --intent, --work and --result")
    return options


def work_out_references(public, sealed):
    """Writes them beside the validation text; a run would otherwise do so where it may, and do without where it may not."""
    from seal.evaluation import ngrams, unseen
    from seal.evaluation.dataset import BadDataset, read_dataset
    try:
        dataset = read_dataset(public, sealed)
        ngrams.load(dataset.reference_path, dataset.train, dataset.val, dataset.rows, dataset.seq, dataset.vocab)
        unseen.keep_references(dataset)
    except (BadDataset, OSError) as error:
        print(f"supervise.py: {error}; mend this and run it again", file=sys.stderr)
        return 2
    if not os.path.exists(dataset.reference_path):
        print(f"supervise.py: {dataset.reference_path} cannot be written; run this as the owner of the folder", file=sys.stderr)
        return 2
    return 0


def say_conditions(harness, with_gpu):
    """Prints what a result measured here would say of its Conditions, and which GPU is here."""
    from seal import gpu, measurement
    from seal.conditions import gpu_name
    try:
        with open(os.path.join(harness, "prepare.py"), "rb") as file:
            words = measurement.words(file.read(), with_gpu)
        product = gpu.product()[:80] if with_gpu else gpu_name()
    except (OSError, gpu.NoGpu) as error:
        print(f"supervise.py: {error}", file=sys.stderr)
        return 2
    print(words)
    print(product)
    return 0


def main(arguments):
    options = parse(arguments)
    if options.probe:
        readable = tuple(os.path.realpath(folder) for folder in (options.harness, options.text) if folder)
        for what, answer in probe.lines(options.gpu, readable, options.compiled):
            print(f"{what}: {answer}")
        return 0
    if options.rehearse:
        confinement = probe.rehearsed(options.rehearse, options.confine, (options.harness or options.text, options.text), (options.sealed,))
        print(confinement.level, *confinement.notes, sep="\n")
        return 0
    if options.conditions:
        return say_conditions(options.harness, options.gpu)
    if options.references:
        return work_out_references(options.text, options.sealed)
    try:
        if options.run:
            run_dir = LocalRunDir(options.run)
        else:
            run_dir = PodRunDir(options.intent, options.work, options.result, options.train)
        run_dir.take()
        run_dir.reserve()
    except AlreadyStarted:
        return 3
    except OSError as error:
        print(f"supervise.py: the run cannot begin: {error}. It needs a result/ directory of mode 700, and some space", file=sys.stderr)
        return 2
    return supervise(run_dir, options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
