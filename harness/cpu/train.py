"""A small byte-level language model in numpy, trained for a fixed budget. The one file an experiment edits.

The bytes before a position are embedded, laid side by side and sent through a residual MLP that guesses the next byte.

Constants are knobs. A comment of the form `# range: LOW .. HIGH | why` or `# range: LOW .. HIGH, log | why` marks a
number that may be moved (a whole number stays whole; log: move it by a factor), `# one of: A, B, C | why` a choice
between values written as Python writes them.
"""
import math

from prepare import MAX_SEQ_LEN, SEED, START, TIME_BUDGET, Tokenizer, clock, evaluate_bpb, make_dataloader, peak_memory_mb, tick

import numpy as np

# ---------------------------------------------------------------------------------------------------------------------
# Hyperparameters (edit these directly, no CLI flags needed)
# ---------------------------------------------------------------------------------------------------------------------

# Model
CONTEXT = 8              # range: 1 .. 12 | bytes the model looks back
EMBED_DIM = 8            # range: 4 .. 64, log | numbers that describe one byte
WIDTH = 128              # range: 32 .. 512, log | hidden units per layer
DEPTH = 1                # range: 0 .. 4 | residual layers after the first hidden one
ACTIVATION = "tanh"      # one of: "tanh", "relu", "relu2", "gelu", "silu" | what bends the hidden layers
NORM = "none"            # one of: "none", "rms" | whether layers read the stream as it is or at unit size

# Initialisation
EMBED_INIT = 1.0         # range: 0.03 .. 3.0, log | spread of the byte descriptions
WEIGHT_INIT = 1.0        # range: 0.3 .. 2.0, log | spread of hidden weights, in units of 1/sqrt(inputs)
OUTPUT_INIT = 0.5        # range: 0.01 .. 1.0, log | the same for the output: small starts near the uniform guess

# Optimization
OPTIMIZER = "adam"       # one of: "sgd", "momentum", "adam", "lion" | how a gradient becomes a step
LEARNING_RATE = 0.005    # range: 0.0005 .. 0.1, log | size of a step at its largest
EMBED_LR_SCALE = 1.0     # range: 0.3 .. 10.0, log | the byte descriptions' share of it
BETA1 = 0.9              # range: 0.0 .. 0.99 | how long the step's direction is remembered
BETA2 = 0.99             # range: 0.9 .. 0.999 | how long the gradient's size is remembered
WEIGHT_DECAY = 0.0       # range: 0.0 .. 0.3 | pull of the matrices to zero, in units of the step
CLIP = 1.0               # range: 0.1 .. 10.0, log | longest gradient that is believed
BATCH_SIZE = 8           # range: 1 .. 64, log | rows per step: more means steadier, and fewer, steps
WARMUP_RATIO = 0.0       # range: 0.0 .. 0.3 | share of the budget in which the rate rises
WARMDOWN_RATIO = 0.2     # range: 0.0 .. 1.0 | share of the budget in which it falls again
FINAL_LR_FRAC = 0.1      # range: 0.0 .. 1.0 | what is left of the rate at the end

STRIDE = {"sgd": 200.0, "momentum": 50.0, "adam": 1.0, "lion": 0.2}  # steps differ in kind: with these one rate suits all
EVAL_BATCH = 64          # rows per question at the end: fits the cache
PEAK_FLOPS = 1e11        # what one CPU core could do at best (32 float32 operations a cycle at 3 GHz), for mfu_percent

# ---------------------------------------------------------------------------------------------------------------------
# Activations: value, and slope from (input, value)
# ---------------------------------------------------------------------------------------------------------------------


def sigmoid(z):
    return 0.5 * np.tanh(0.5 * z) + 0.5


ACTIVATIONS = {
    "tanh": (np.tanh, lambda z, a: 1 - a * a),
    "relu": (lambda z: np.maximum(z, 0), lambda z, a: (z > 0).astype(z.dtype)),
    "relu2": (lambda z: np.square(np.maximum(z, 0)), lambda z, a: 2 * np.maximum(z, 0)),
    "gelu": (lambda z: z * sigmoid(1.702 * z), lambda z, a: (s := sigmoid(1.702 * z)) + 1.702 * a * (1 - s)),
    "silu": (lambda z: z * sigmoid(z), lambda z, a: (s := sigmoid(z)) + a * (1 - s)),
}

# ---------------------------------------------------------------------------------------------------------------------
# Model
# ---------------------------------------------------------------------------------------------------------------------


class Model:
    """Weights by name in `params`; `model(x)` gives logits, `loss_and_grads` also what to change."""

    def __init__(self, rng, dtype=np.float32):
        def matrix(inputs, outputs, scale):
            return (rng.standard_normal((inputs, outputs)) * scale / math.sqrt(inputs)).astype(dtype)

        self.act, self.slope = ACTIVATIONS[ACTIVATION]
        self.params = {"embed": (rng.standard_normal((START + 1, EMBED_DIM)) * EMBED_INIT).astype(dtype)}
        self.params["w_in"] = matrix(CONTEXT * EMBED_DIM, WIDTH, WEIGHT_INIT)
        self.params["b_in"] = np.zeros(WIDTH, dtype)
        for i in range(DEPTH):
            self.params[f"w_{i}"] = matrix(WIDTH, WIDTH, WEIGHT_INIT)
            self.params[f"b_{i}"] = np.zeros(WIDTH, dtype)
        self.params["w_out"] = matrix(WIDTH, 256, OUTPUT_INIT)
        self.params["b_out"] = np.zeros(256, dtype)

    def __call__(self, x):
        """Logits [B, T, 256] of the byte after each one in x [B, T]."""
        return self.forward(x)[0].reshape(*x.shape, 256)

    def forward(self, x):
        """Logits [B*T, 256], and what the way back needs. A position sees itself and CONTEXT - 1 bytes before it."""
        p = self.params
        padded = np.full((len(x), x.shape[1] + CONTEXT - 1), START)
        padded[:, CONTEXT - 1:] = x
        seen = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT, axis=1).reshape(-1)
        gathered = p["embed"][seen].reshape(-1, CONTEXT * EMBED_DIM)
        z = gathered @ p["w_in"] + p["b_in"]
        h = self.act(z)
        layers = [(z, h)]
        for i in range(DEPTH):
            n, size = normalise(h)
            z = n @ p[f"w_{i}"] + p[f"b_{i}"]
            a = self.act(z)
            layers.append((z, a, n, size))
            h = h + a
        n, size = normalise(h)
        return n @ p["w_out"] + p["b_out"], (seen, gathered, layers, n, size)

    def loss_and_grads(self, x, y):
        """Mean loss in nats, and its gradient for each of `params`."""
        p, g = self.params, {}
        logits, (seen, gathered, layers, n, size) = self.forward(x)
        right = np.arange(len(logits)), y.reshape(-1)
        logits -= logits.max(axis=1, keepdims=True)
        d = np.exp(logits)
        total = d.sum(axis=1, keepdims=True)
        loss = float((np.log(total[:, 0]) - logits[right]).mean())
        d /= total * len(d)
        d[right] -= 1 / len(d)
        g["w_out"], g["b_out"] = n.T @ d, d.sum(axis=0)
        d = normalise_back(d @ p["w_out"].T, n, size)
        for i in range(DEPTH - 1, -1, -1):
            z, a, n, size = layers[i + 1]
            dz = d * self.slope(z, a)
            g[f"w_{i}"], g[f"b_{i}"] = n.T @ dz, dz.sum(axis=0)
            d = d + normalise_back(dz @ p[f"w_{i}"].T, n, size)
        z, a = layers[0]
        dz = d * self.slope(z, a)
        g["w_in"], g["b_in"] = gathered.T @ dz, dz.sum(axis=0)
        g["embed"] = sum_by_id(seen, (dz @ p["w_in"].T).reshape(-1, EMBED_DIM))
        return loss, g

    def operations(self, tokens):
        """Floating-point operations of a training step's matrix products: forward, and backward twice."""
        return 6 * tokens * sum(w.size for name, w in self.params.items() if name.startswith("w_"))

    def work(self, tokens):
        """All that a training step costs, in the same coin: a number moved costs a core as much as 60 operations."""
        moved = tokens * (4 * CONTEXT * EMBED_DIM + 8 * WIDTH * (DEPTH + 1) + 8 * 256)
        return self.operations(tokens) + 60 * (moved + 7 * sum(w.size for w in self.params.values()) + 200_000)


def normalise(h):
    """h, or h with every row at root mean square 1, and the sizes divided by."""
    if NORM == "none":
        return h, None
    size = np.sqrt(np.square(h).mean(axis=1, keepdims=True) + 1e-6)
    return h / size, size


def normalise_back(d, n, size):
    """The gradient before `normalise`, from the one after it."""
    return d if size is None else (d - n * (d * n).mean(axis=1, keepdims=True)) / size


def sum_by_id(ids, rows):
    """Rows added up by id into [START + 1, dim]; sorting makes it several times faster than np.add.at."""
    order = np.argsort(ids, kind="stable")
    present, first = np.unique(ids[order], return_index=True)
    total = np.zeros((START + 1, rows.shape[1]), rows.dtype)
    total[present] = np.add.reduceat(rows[order], first, axis=0)
    return total

# ---------------------------------------------------------------------------------------------------------------------
# Optimizer and schedule
# ---------------------------------------------------------------------------------------------------------------------


class Optimizer:
    """Changes `params` in place; `memory` holds the running averages of each one's gradient."""

    def __init__(self, params):
        self.params, self.steps = params, 0
        self.memory = {name: (np.zeros_like(w), np.zeros_like(w)) for name, w in params.items()}

    def step(self, grads, lr):
        self.steps += 1
        length = math.sqrt(sum(float(np.vdot(g, g)) for g in grads.values()))
        shrink = min(1.0, CLIP / (length + 1e-12))
        for name, w in self.params.items():
            g, (m, v) = grads[name] * np.float32(shrink), self.memory[name]
            rate = lr * STRIDE[OPTIMIZER] * (EMBED_LR_SCALE if name == "embed" else 1.0)
            if WEIGHT_DECAY and name.startswith("w_"):
                w *= 1 - lr * WEIGHT_DECAY
            if OPTIMIZER == "sgd":
                w -= rate * g
            elif OPTIMIZER == "momentum":
                m *= BETA1
                m += g
                w -= rate * m
            elif OPTIMIZER == "adam":
                m += (1 - BETA1) * (g - m)
                v += (1 - BETA2) * (g * g - v)
                w -= rate / (1 - BETA1 ** self.steps) * m / (np.sqrt(v / (1 - BETA2 ** self.steps)) + 1e-8)
            elif OPTIMIZER == "lion":
                w -= rate * np.sign(BETA1 * m + (1 - BETA1) * g)
                m += (1 - BETA2) * (g - m)


def get_lr_multiplier(progress):
    """Share of LEARNING_RATE at a share of the budget."""
    if progress < WARMUP_RATIO:
        return progress / WARMUP_RATIO
    if progress < 1.0 - WARMDOWN_RATIO:
        return 1.0
    cooldown = (1.0 - progress) / WARMDOWN_RATIO if WARMDOWN_RATIO else 0.0
    return cooldown + (1 - cooldown) * FINAL_LR_FRAC

# ---------------------------------------------------------------------------------------------------------------------
# Training
# ---------------------------------------------------------------------------------------------------------------------


def main():
    t_start = clock()
    np.seterr(all="ignore")  # an explosion shows in the loss, which is checked at every step
    tokenizer = Tokenizer.from_directory()
    model = Model(np.random.Generator(np.random.PCG64(SEED)))
    optimizer = Optimizer(model.params)
    num_params = sum(w.size for w in model.params.values())
    tokens_per_step = BATCH_SIZE * MAX_SEQ_LEN
    operations, work = model.operations(tokens_per_step), model.work(tokens_per_step)
    train_loader = make_dataloader(tokenizer, BATCH_SIZE, MAX_SEQ_LEN, "train")
    print(f"Vocab size: {tokenizer.get_vocab_size():,}")
    print(f"Parameters: {num_params:,}")
    print(f"Time budget: {TIME_BUDGET:g}s")

    t_start_training = t0 = clock()
    total_training_time = smooth_train_loss = dt = 0.0
    step = 0
    while total_training_time + dt / 2 < TIME_BUDGET:  # a step of which most would come later is left out
        x, y, epoch = next(train_loader)
        loss, grads = model.loss_and_grads(x, y)
        progress = min(total_training_time / TIME_BUDGET, 1.0)
        lrm = get_lr_multiplier(progress)
        optimizer.step(grads, LEARNING_RATE * lrm)
        if not loss <= 100:  # NaN too
            print("FAIL")
            raise SystemExit(1)
        tick(work)
        t1 = clock()
        dt, t0 = t1 - t0, t1
        total_training_time = t1 - t_start_training
        smooth_train_loss = 0.9 * smooth_train_loss + 0.1 * loss
        debiased = smooth_train_loss / (1 - 0.9 ** (step + 1))
        tok_per_sec = int(tokens_per_step / max(dt, 1e-9))
        mfu = 100 * operations / max(dt, 1e-9) / PEAK_FLOPS
        remaining = max(0.0, TIME_BUDGET - total_training_time)
        print(f"\rstep {step:05d} ({100 * progress:.1f}%) | loss: {debiased:.6f} | lrm: {lrm:.2f} | dt: {dt * 1000:.0f}ms | "
              f"tok/sec: {tok_per_sec:,} | mfu: {mfu:.1f}% | epoch: {epoch} | remaining: {remaining:.0f}s    ", end="", flush=True)
        step += 1
    print()  # newline after the \r of the training log

    val_bpb = evaluate_bpb(model, tokenizer, EVAL_BATCH)
    mfu = 100 * operations * step / total_training_time / PEAK_FLOPS
    print("---")
    print(f"val_bpb:          {val_bpb:.6f}")
    print(f"training_seconds: {total_training_time:.1f}")
    print(f"total_seconds:    {clock() - t_start:.1f}")
    print(f"peak_vram_mb:     {peak_memory_mb():.1f}")
    print(f"mfu_percent:      {mfu:.2f}")
    print(f"total_tokens_M:   {step * tokens_per_step / 1e6:.1f}")
    print(f"num_steps:        {step}")
    print(f"num_params_M:     {num_params / 1e6:.1f}")
    print(f"depth:            {DEPTH}")


if __name__ == "__main__":
    main()
