"""What is told of a run, however it ended: there is always a result."""
import signal
import sys
import traceback
from dataclasses import asdict

from seal import result
from seal.conditions import gpu_name
from seal.confine import linux
from seal.errors import Broken, Refused
from seal.run import Run


def supervise(run_dir, options):
    """Runs what lies at `run_dir` and leaves its result there. Returns the exit status: 0 whenever there is a result."""
    if sys.platform == "linux":
        linux.prctl(linux.PR_SET_DUMPABLE, 0)
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
    run_dir.show_phase("starting")
    run = Run(run_dir, options)
    signal.signal(signal.SIGTERM, lambda *_: setattr(run, "stopping", True))
    status, reason, sentence = "finished", "", ""
    try:
        run.measure()
    except Broken as broken:
        status, reason, sentence = "crashed", broken.reason, broken.sentence
    except Refused as refused:
        status, reason, sentence = "refused", refused.reason, refused.sentence
    except Exception as error:  # A fault of the supervisor's own: said, never turned into a number.
        status, reason, sentence = "refused", "internal", f"{type(error).__name__}: {error}"
        run.log.say(traceback.format_exc())
    run.clean_up()
    if run.pace.mean is not None:
        run.log.say(run.pace.sentence)
    if reason:
        run.log.say(f"{status}: {reason}: {sentence}")
    run.log.close()
    if run.log.error is not None and status == "finished":
        status, reason = "refused", "log"
        sentence = f"run.log could not be written ({run.log.error.strerror}); free some space and run again"
    run_dir.put_result(result.encode(_fields(run, status, reason, sentence)))
    return 0


def _fields(run, status, reason, sentence):
    printed, tree_ = run.log.summary, run.tree
    if run.inputs.intent is not None and run.inputs.intent.clock == "virtual" and "training_seconds" in printed:
        run.training_seconds = float(printed["training_seconds"])  # Only the child can count virtual time.
    steps, peak = printed.get("num_steps"), printed.get("peak_vram_mb")
    gpu = {} if run.gpu is None else {"gpu_total_mb": run.gpu["total_mb"], "gpu_peak_mb": float(peak) if peak else None}
    unseen = {"unseen": asdict(run.sittings.unseen)} if run.sittings and run.sittings.unseen else {}
    return {
        "schema": 1, "nonce": run.inputs.nonce, "status": status, "reason": reason, "sentence": sentence,
        "exit_code": run.exit_code, "signal": run.signal,
        "val_bpb": run.protocol.val_bpb if status == "finished" else None,
        "start_seconds": round(run.start_seconds, 3), "training_seconds": round(run.training_seconds or 0.0, 3),
        "wall_seconds": round(run.elapsed(), 3), "memory_mb": round(tree_.peak_mb, 1) if tree_ else 0.0,
        **({} if run.pace.mean is None else {"pace": round(run.pace.mean, 4)}),
        "steps": int(steps) if steps and steps.isdigit() else None,
        **run.inputs.hashes, **({"conditions": run.inputs.conditions} if status == "finished" else {}),
        "gpu": run.gpu["name"][:80] if run.gpu else gpu_name(), **gpu, **unseen, "log_bytes": run.log.bytes, "log_sha256": run.log.digest.hexdigest(), "sealed": run.confinement.level,
    }
