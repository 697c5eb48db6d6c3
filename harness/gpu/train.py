"""A GPT of about 50 million parameters on one NVIDIA GPU, trained for a fixed budget. The one file an experiment edits.

Tokens are embedded, go through blocks of causal attention and an MLP, and come out as logits of the next token.

Constants are knobs. A comment of the form `# range: LOW .. HIGH | why` or `# range: LOW .. HIGH, log | why` marks a
number that may be moved (a whole number stays whole; log: move it by a factor), `# one of: A, B, C | why` a choice
between values written as Python writes them. Without a GPU it runs on the CPU: slowly, and with smaller constants.
"""
import math

from prepare import (MAX_SEQ_LEN, SEED, TIME_BUDGET, VOCAB_SIZE, Tokenizer, clock, device, evaluate_bpb, make_dataloader, peak_flops,
                     peak_memory_mb, tick)

import torch
import torch.nn.functional as F
from torch import nn

# ---------------------------------------------------------------------------------------------------------------------
# Hyperparameters (edit these directly, no CLI flags needed)
# ---------------------------------------------------------------------------------------------------------------------

# Model
DEPTH = 8                # range: 2 .. 16 | blocks of attention and MLP
HEADS = 5                # range: 1 .. 12 | attention heads of a block; the stream is HEADS * HEAD_DIM wide
HEAD_DIM = 128           # one of: 64, 128 | numbers that a head compares
MLP_RATIO = 4            # range: 1 .. 8 | hidden units of the MLP for each number in the stream
ACTIVATION = "relu2"     # one of: "relu2", "gelu", "silu" | what bends the MLP
QK_NORM = True           # one of: True, False | whether queries and keys are brought to unit size
ROPE_BASE = 10000.0      # range: 1000.0 .. 1000000.0, log | slowest turn of the positions
SOFTCAP = 15.0           # range: 5.0 .. 100.0, log | logits are bent to stay within this
TIED = False             # one of: True, False | whether the output reads with the embedding's matrix

# Initialisation
EMBED_INIT = 0.5         # range: 0.02 .. 2.0, log | spread of the embedding
WEIGHT_INIT = 1.0        # range: 0.3 .. 2.0, log | spread of hidden weights, in units of 1/sqrt(inputs)
OUTPUT_INIT = 0.02       # range: 0.001 .. 0.2, log | spread of the output matrix: small starts near the uniform guess

# Optimization
OPTIMIZER = "muon"       # one of: "muon", "adamw" | how the blocks' matrices are stepped; all else is AdamW's
MATRIX_LR = 0.02         # range: 0.002 .. 0.1, log | step of the blocks' matrices at its largest, under Muon
ADAM_LR = 0.003          # range: 0.0003 .. 0.03, log | the same under AdamW
EMBED_LR_SCALE = 10.0    # range: 1.0 .. 100.0, log | the embedding's share of ADAM_LR
MOMENTUM = 0.95          # range: 0.8 .. 0.99 | how long Muon remembers a direction
BETA1 = 0.9              # range: 0.5 .. 0.98 | how long AdamW remembers a direction
BETA2 = 0.95             # range: 0.9 .. 0.999 | how long AdamW remembers a size
WEIGHT_DECAY = 0.05      # range: 0.0 .. 0.3 | pull of the blocks' matrices to zero
CLIP = 1.0               # range: 0.1 .. 10.0, log | longest gradient that is believed
ACCUMULATE = 4           # range: 1 .. 16, log | passes per step: more means steadier, and fewer, steps
WARMUP_RATIO = 0.02      # range: 0.0 .. 0.3 | share of the budget in which the rates rise
WARMDOWN_RATIO = 0.4     # range: 0.0 .. 1.0 | share of the budget in which they fall again
FINAL_LR_FRAC = 0.05     # range: 0.0 .. 1.0 | what is left of them at the end

ROWS = 16                # rows per pass: about 10 GB of GPU memory at the width above; more may be faster, and may not fit
COMPILE = True           # torch.compile on a GPU; it takes a minute, which the budget does not count
BFLOAT16 = True          # matrix products in bfloat16 on a GPU; weights and their averages stay float32
EVAL_BATCH = 1           # rows per question: every row is then answered by the same kernels in the same place, to the last bit
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # a quintic that drives singular values towards 1 within five rounds

DEVICE = device()  # the GPU where there is one
WIDTH = HEADS * HEAD_DIM  # numbers in the stream, for each token

# ---------------------------------------------------------------------------------------------------------------------
# Model
# ---------------------------------------------------------------------------------------------------------------------

ACTIVATIONS = {
    "relu2": lambda h: F.relu(h).square(),
    "gelu": F.gelu,
    "silu": F.silu,
}


def normalise(h):
    """h with its last dimension at root mean square 1."""
    return F.rms_norm(h, (h.size(-1),))


def turns(length):
    """Cosines and sines [length, HEAD_DIM / 2] by which pairs of numbers are turned at each position."""
    speeds = ROPE_BASE ** (-torch.arange(0, HEAD_DIM, 2, device=DEVICE, dtype=torch.float32) / HEAD_DIM)
    angles = torch.outer(torch.arange(length, device=DEVICE, dtype=torch.float32), speeds)
    return angles.cos(), angles.sin()


def turned(h, cos, sin):
    """h [B, heads, T, HEAD_DIM] with its halves turned against each other, as far as the position says."""
    a, b = h.float().chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1).to(h.dtype)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.mix = nn.Linear(WIDTH, WIDTH, bias=False)
        self.up = nn.Linear(WIDTH, MLP_RATIO * WIDTH, bias=False)
        self.down = nn.Linear(MLP_RATIO * WIDTH, WIDTH, bias=False)

    def forward(self, h, cos, sin):
        B, T, _ = h.shape
        q, k, v = self.qkv(normalise(h)).view(B, T, 3, HEADS, HEAD_DIM).permute(2, 0, 3, 1, 4)
        if QK_NORM:
            q, k = normalise(q), normalise(k)
        q, k = turned(q, cos, sin), turned(k, cos, sin)
        seen = F.scaled_dot_product_attention(q.to(v.dtype), k.to(v.dtype), v, is_causal=True)
        h = h + self.mix(seen.transpose(1, 2).reshape(B, T, WIDTH))
        return h + self.down(ACTIVATIONS[ACTIVATION](self.up(normalise(h))))


class Model(nn.Module):
    """`model(x)` gives the logits of every next token, `model(x, y)` the mean loss in nats."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(VOCAB_SIZE, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(DEPTH))
        self.output = nn.Linear(WIDTH, VOCAB_SIZE, bias=False)
        nn.init.normal_(self.embed.weight, std=EMBED_INIT)
        nn.init.normal_(self.output.weight, std=OUTPUT_INIT)
        for block in self.blocks:
            for linear in (block.qkv, block.up):
                nn.init.normal_(linear.weight, std=WEIGHT_INIT * linear.in_features ** -0.5)
            for linear in (block.mix, block.down):
                nn.init.zeros_(linear.weight)  # A block begins by passing the stream on.
        if TIED:
            self.embed.weight = self.output.weight
        cos, sin = turns(MAX_SEQ_LEN)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, x, y=None):
        with torch.autocast(DEVICE.type, torch.bfloat16, enabled=BFLOAT16 and DEVICE.type == "cuda"):
            T = x.size(1)
            h = normalise(self.embed(x))
            for block in self.blocks:
                h = block(h, self.cos[:T], self.sin[:T])
            logits = self.output(normalise(h)).float()
            logits = SOFTCAP * torch.tanh(logits / SOFTCAP)
            return logits if y is None else F.cross_entropy(logits.flatten(0, 1), y.flatten())

    def operations(self, tokens):
        """Floating-point operations of a training step: six for each weight of a matrix product, and the attention's own."""
        matrices = sum(w.numel() for w in self.blocks.parameters()) + self.output.weight.numel()
        return tokens * (6 * matrices + 6 * DEPTH * WIDTH * MAX_SEQ_LEN)

# ---------------------------------------------------------------------------------------------------------------------
# Optimizer and schedule
# ---------------------------------------------------------------------------------------------------------------------


def orthogonal(g):
    """g [n, rows, columns] with the singular values of each of its n matrices near 1, in bfloat16 on a GPU."""
    a, b, c = NEWTON_SCHULZ
    h = g.bfloat16() if DEVICE.type == "cuda" else g
    h = h / (h.norm(dim=(1, 2), keepdim=True) + 1e-7)
    tall = h.size(1) > h.size(2)
    h = h.mT if tall else h
    for _ in range(5):
        s = h @ h.mT
        h = a * h + (b * s + c * s @ s) @ h
    return (h.mT if tall else h).to(g.dtype)


class Muon:
    """Steps matrices along the orthogonal part of their running gradient; those of one shape go together."""

    def __init__(self, matrices):
        shapes = sorted({tuple(w.shape) for w in matrices})
        self.groups = [[w for w in matrices if tuple(w.shape) == shape] for shape in shapes]
        self.memory = [torch.zeros(len(group), *group[0].shape, device=DEVICE) for group in self.groups]

    @torch.no_grad()
    def step(self, lr):
        for group, m in zip(self.groups, self.memory):
            g = torch.stack([w.grad for w in group])
            m.mul_(MOMENTUM).add_(g, alpha=1 - MOMENTUM)
            update = orthogonal(g.lerp(m, MOMENTUM))
            size = lr * max(1.0, group[0].size(0) / group[0].size(1)) ** 0.5
            for w, u in zip(group, update):
                w.mul_(1 - lr * WEIGHT_DECAY).sub_(u, alpha=size)


class Optimizer:
    """Muon for the blocks' matrices, AdamW for embedding and output; or AdamW for all."""

    def __init__(self, model):
        matrices = list(model.blocks.parameters())
        self.all = list(model.parameters())
        self.muon = Muon(matrices) if OPTIMIZER == "muon" else None
        groups = [{"params": [model.output.weight], "scale": 1.0, "weight_decay": 0.0}]
        if not TIED:
            groups.append({"params": [model.embed.weight], "scale": EMBED_LR_SCALE, "weight_decay": 0.0})
        if self.muon is None:
            groups.append({"params": matrices, "scale": 1.0, "weight_decay": WEIGHT_DECAY})
        self.adam = torch.optim.AdamW(groups, lr=ADAM_LR, betas=(BETA1, BETA2), eps=1e-10, fused=DEVICE.type == "cuda")

    def step(self, multiplier):
        nn.utils.clip_grad_norm_(self.all, CLIP)
        for group in self.adam.param_groups:
            group["lr"] = ADAM_LR * group["scale"] * multiplier
        self.adam.step()
        if self.muon:
            self.muon.step(MATRIX_LR * multiplier)
        self.forget()

    def forget(self):
        for w in self.all:
            w.grad = None


def get_lr_multiplier(progress):
    """Share of the rates at a share of the budget."""
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
    torch.manual_seed(SEED)
    torch.set_float32_matmul_precision("high")
    tokenizer = Tokenizer.from_directory()
    model = Model().to(DEVICE)
    optimizer = Optimizer(model)
    num_params = sum(w.numel() for w in model.parameters())
    tokens_per_step = ROWS * ACCUMULATE * MAX_SEQ_LEN
    operations = model.operations(tokens_per_step)
    train_loader = make_dataloader(tokenizer, ROWS, MAX_SEQ_LEN, "train")
    print(f"Vocab size: {tokenizer.get_vocab_size():,}")
    print(f"Parameters: {num_params:,} on {DEVICE}")
    print(f"Time budget: {TIME_BUDGET:g}s")

    loss_of = torch.compile(model, dynamic=False) if COMPILE and DEVICE.type == "cuda" else model
    # Kernels are compiled and chosen on a pass that teaches nothing: its gradients are thrown away.
    blank = torch.zeros(ROWS, MAX_SEQ_LEN, dtype=torch.int64, device=DEVICE)
    loss_of(blank, blank).backward()
    optimizer.forget()

    t_start_training = t0 = clock()
    total_training_time = smooth_train_loss = 0.0
    step = 0
    while total_training_time < TIME_BUDGET:
        loss = 0.0
        for _ in range(ACCUMULATE):
            x, y, epoch = next(train_loader)
            part = loss_of(x, y) / ACCUMULATE
            part.backward()
            loss += part.detach()
        progress = min(total_training_time / TIME_BUDGET, 1.0)
        lrm = get_lr_multiplier(progress)
        optimizer.step(lrm)
        loss = float(loss)
        if not loss <= 100:  # NaN too
            print("FAIL")
            raise SystemExit(1)
        tick(operations)
        t1 = clock()
        dt, t0 = t1 - t0, t1
        total_training_time = t1 - t_start_training
        smooth_train_loss = 0.9 * smooth_train_loss + 0.1 * loss
        debiased = smooth_train_loss / (1 - 0.9 ** (step + 1))
        tok_per_sec = int(tokens_per_step / max(dt, 1e-9))
        mfu = 100 * operations / max(dt, 1e-9) / peak_flops()
        remaining = max(0.0, TIME_BUDGET - total_training_time)
        print(f"\rstep {step:05d} ({100 * progress:.1f}%) | loss: {debiased:.6f} | lrm: {lrm:.2f} | dt: {dt * 1000:.0f}ms | "
              f"tok/sec: {tok_per_sec:,} | mfu: {mfu:.1f}% | epoch: {epoch} | remaining: {remaining:.0f}s    ", end="", flush=True)
        step += 1
    print()  # newline after the \r of the training log

    val_bpb = evaluate_bpb(model.eval(), tokenizer, EVAL_BATCH)  # the model as it was written: nothing is compiled for other shapes
    mfu = 100 * operations * step / total_training_time / peak_flops()
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
