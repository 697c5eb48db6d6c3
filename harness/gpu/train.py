"""A GPT of about 50 million parameters on one NVIDIA GPU, trained for a fixed budget. The one file an experiment edits.

Constants are knobs. A comment of the form `# range: LOW .. HIGH | why` or `# range: LOW .. HIGH, log | why` marks a
number that may be moved (a whole number stays whole; log: move it by a factor), `# one of: A, B, C | why` a choice
between values written as Python writes them. Without a GPU it runs on the CPU: slowly, and with smaller constants.
"""
import gc
import math

from prepare import (MAX_SEQ_LEN, SEED, TIME_BUDGET, VOCAB_SIZE, Tokenizer, clock, device, evaluate_bpb, make_dataloader, memory_gb,
                     peak_flops, peak_memory_mb, tick)

import torch
import torch.nn.functional as F
from torch import nn

# --- Hyperparameters (edit these directly, no CLI flags needed) ---------------------------------------------------------

# Model
DEPTH = 8                # range: 2 .. 16 | blocks of attention and MLP
HEADS = 4                # range: 1 .. 12 | attention heads of a block; the stream is HEADS * HEAD_DIM wide
HEAD_DIM = 128           # one of: 64, 128 | numbers that a head compares
WINDOWS = "SSSL"         # one of: "SSSL", "SL", "L" | which blocks see a short or the long past, repeated; the last sees all
SHORT_SHARE = 0.5        # range: 0.0625 .. 1.0, log | most of a row that a short window shows
MLP_RATIO = 4            # range: 1 .. 8 | hidden units of the MLP for each number in the stream
ACTIVATION = "relu2"     # one of: "relu2", "gelu", "silu" | what bends the MLP
VALUE_EMBEDS = True      # one of: True, False | whether every second block adds an embedding of the token to its values
ROPE_BASE = 10000.0      # range: 1000.0 .. 1000000.0, log | slowest turn of the positions
SOFTCAP = 15.0           # range: 5.0 .. 100.0, log | logits are bent to stay within this
GATE_INPUTS = 32         # numbers of the stream that decide how much of a value embedding is added: few are enough

# Initialisation
EMBED_INIT = 1.0         # range: 0.02 .. 2.0, log | spread of the embedding; only its ratio to the step matters, for it is normalised
WEIGHT_INIT = 1.0        # range: 0.3 .. 2.0, log | spread of hidden weights, in units of 1/sqrt(inputs)
OUTPUT_INIT = 0.001      # range: 0.0001 .. 0.2, log | spread of the output matrix: small starts near the uniform guess
X0_INIT = 0.1            # range: 0.0 .. 1.0 | share of the embedding that each block gets again at first

# Optimization: AdamW's steps are for a stream of 768 numbers and grow with 1/sqrt(width)
MATRIX_LR = 0.04         # range: 0.004 .. 0.2, log | step of the blocks' matrices at its largest, under Muon
EMBED_LR = 0.6           # range: 0.02 .. 2.0, log | AdamW's step of all embeddings: a row learns only where its token stands
OUTPUT_LR = 0.004        # range: 0.0004 .. 0.04, log | AdamW's step of the output matrix
SCALAR_LR = 0.5          # range: 0.02 .. 2.0, log | AdamW's step of the shares of the embedding; a hundredth for those of the stream
MOMENTUM = 0.95          # range: 0.8 .. 0.99 | how long Muon remembers a direction, after MOMENTUM_STEPS
MOMENTUM_START = 0.85    # range: 0.5 .. 0.99 | the same at the first step, when directions still change
MOMENTUM_STEPS = 300     # range: 1 .. 2000, log | steps from the one to the other
MUON_BETA2 = 0.95        # range: 0.8 .. 0.999 | how long Muon remembers the size of a neuron's updates
BETA1 = 0.8              # range: 0.5 .. 0.98 | how long AdamW remembers a direction
BETA2 = 0.95             # range: 0.9 .. 0.999 | how long AdamW remembers a size
WEIGHT_DECAY = 0.2       # range: 0.0 .. 0.5 | pull of the blocks' matrices to zero at the start; it falls to none at the end
BATCH_TOKENS = 524288    # range: 65536 .. 2097152, log | tokens per step: more means steadier, and fewer, steps
WARMUP_RATIO = 0.0       # range: 0.0 .. 0.3 | share of the budget in which the rates rise
WARMDOWN_RATIO = 0.5     # range: 0.0 .. 1.0 | share of the budget in which they fall again
FINAL_LR_FRAC = 0.0      # range: 0.0 .. 1.0 | what is left of them at the end

ROWS = 128               # rows per pass: meant for 80 GB. Halve it if memory runs out, double it where more than half is free
TOKEN_MB = 0.2           # GPU memory that a token of a pass takes in bfloat16, by estimate: a smaller GPU gets only so many rows as fit
COMPILE = True           # torch.compile on a GPU: about a minute, within the steps that the budget does not count
UNCOUNTED = 11           # first steps, in which kernels are compiled and chosen; the budget counts from the next one. Leave it as it is
EVAL_BATCH = 1           # rows per question: every row is then answered by the same kernels in the same place, to the last bit
# Polar Express (arXiv 2505.16932), its safety of 1 % included: one quintic a round, which together bring 0.001 to 1 near 1.
POLAR = ((8.205, -22.902, 16.461), (4.066, -2.861, 0.518), (3.91, -2.823, 0.525), (3.286, -2.415, 0.485), (2.301, -1.669, 0.419))  # for singular values

DEVICE = device()  # the GPU where there is one
BFLOAT16 = DEVICE.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)  # a T4 only imitates it, slowly
DTYPE = torch.bfloat16 if BFLOAT16 else torch.float32  # of stream, embeddings and matrix products; other weights stay float32
WIDTH = HEADS * HEAD_DIM  # numbers in the stream, for each token

# --- Model --------------------------------------------------------------------------------------------------------------

ACTIVATIONS = {"relu2": lambda h: F.relu(h).square(), "gelu": F.gelu, "silu": F.silu}  # what ACTIVATION may name


def normalise(h):
    """h with its last dimension at root mean square 1."""
    return F.rms_norm(h, (h.size(-1),))


def turns(length):
    """Cosines and sines [length, 1, HEAD_DIM / 2] by which pairs of numbers are turned at each position."""
    speeds = ROPE_BASE ** (-torch.arange(0, HEAD_DIM, 2, dtype=torch.float32) / HEAD_DIM)
    angles = torch.outer(torch.arange(length, dtype=torch.float32), speeds)[:, None]
    return angles.cos().to(DTYPE), angles.sin().to(DTYPE)


def turned(h, cos, sin):
    """h [B, T, heads, HEAD_DIM] with its halves turned against each other, as far as the position says."""
    a, b = h.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)


def windows():
    """The most tokens that each block's attention sees."""
    short = max(2, int(SHORT_SHARE * MAX_SEQ_LEN))
    return [short if WINDOWS[i % len(WINDOWS)] == "S" and i < DEPTH - 1 else MAX_SEQ_LEN for i in range(DEPTH)]


def attend(q, k, v, window):
    """Causal attention over [B, heads, T, HEAD_DIM]. A short window is read in overlapping squares: a token sees half of it to all of it.

    That costs as much as an exact window, which would need a mask. With one, PyTorch cannot use FlashAttention.
    """
    T, half = q.size(2), window // 2
    ends = [min(window, T), *range(window + half, T + half, half)]
    pieces = [[h[:, :, max(0, end - 2 * half if i else 0):end] for h in (q, k, v)] for i, end in enumerate(ends)]
    seen = [F.scaled_dot_product_attention(*piece, is_causal=True) for piece in pieces]
    return torch.cat([seen[0], *(piece[:, :, half:] for piece in seen[1:])], dim=2) if len(seen) > 1 else seen[0]


def times(linear, h):
    """h through the linear's matrix, which is float32, in the type of h."""
    return F.linear(h, linear.weight.to(h.dtype))


class Block(nn.Module):
    def __init__(self, window, valued):
        super().__init__()
        self.window = window
        self.q, self.k, self.v, self.mix = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))
        self.up, self.down = nn.Linear(WIDTH, MLP_RATIO * WIDTH, bias=False), nn.Linear(MLP_RATIO * WIDTH, WIDTH, bias=False)
        self.gate = nn.Linear(GATE_INPUTS, HEADS, bias=False) if valued else None

    def forward(self, h, values, cos, sin):
        n = normalise(h)
        q, k, v = (times(linear, n).unflatten(-1, (HEADS, HEAD_DIM)) for linear in (self.q, self.k, self.v))
        if values is not None:
            v = v + 2 * torch.sigmoid(times(self.gate, n[..., :GATE_INPUTS])).unsqueeze(-1) * values.unflatten(-1, (HEADS, HEAD_DIM))
        q, k = normalise(turned(q, cos, sin)), normalise(turned(k, cos, sin))
        seen = attend(*(each.transpose(1, 2) for each in (q, k, v)), self.window)
        h = h + times(self.mix, seen.transpose(1, 2).flatten(2))
        return h + times(self.down, ACTIVATIONS[ACTIVATION](times(self.up, normalise(h))))


class Model(nn.Module):
    """`model(x)` gives the logits of every next token, `model(x, y)` the mean loss in nats."""

    def __init__(self):
        super().__init__()
        valued = [VALUE_EMBEDS and i % 2 == (DEPTH - 1) % 2 for i in range(DEPTH)]
        self.embed = nn.Embedding(VOCAB_SIZE, WIDTH, dtype=DTYPE)
        self.values = nn.ModuleDict({str(i): nn.Embedding(VOCAB_SIZE, WIDTH, dtype=DTYPE) for i in range(DEPTH) if valued[i]})
        self.blocks = nn.ModuleList(Block(*each) for each in zip(windows(), valued))
        self.output = nn.Linear(WIDTH, VOCAB_SIZE, bias=False)
        self.stream_share = nn.Parameter(torch.ones(DEPTH))  # how much of the stream goes into each block,
        self.x0_share = nn.Parameter(X0_INIT * torch.ones(DEPTH))  # and how much of what the stream began as
        nn.init.normal_(self.embed.weight, std=EMBED_INIT)
        nn.init.normal_(self.output.weight, std=OUTPUT_INIT)
        for name, weight in [*self.blocks.named_parameters(), *self.values.named_parameters()]:
            silent = name.endswith(("mix.weight", "down.weight", "gate.weight"))  # A block begins by passing the stream on.
            spread = 0.0 if silent else WEIGHT_INIT * (3 / WIDTH) ** 0.5
            nn.init.uniform_(weight, -spread, spread)
        self.cos, self.sin = (nn.Buffer(table, persistent=False) for table in turns(MAX_SEQ_LEN))

    def forward(self, x, y=None):
        T = x.size(1)
        h = x0 = normalise(self.embed(x))
        for i, block in enumerate(self.blocks):
            h = self.stream_share[i] * h + self.x0_share[i] * x0
            h = block(h, self.values[str(i)](x) if str(i) in self.values else None, self.cos[:T], self.sin[:T])
        logits = SOFTCAP * torch.tanh(times(self.output, normalise(h)).float() / SOFTCAP)
        return logits if y is None else F.cross_entropy(logits.flatten(0, 1), y.flatten())

    def flops_per_token(self):
        """Floating-point operations of a training step: six a weight of a matrix product, twelve a number that attention compares."""
        return 6 * sum(w.numel() for part in (self.blocks, self.output) for w in part.parameters()) + 12 * WIDTH * sum(windows())

# --- Optimizer and schedule ---------------------------------------------------------------------------------------------

def orthogonal(g):
    """g [n, rows, columns] with the singular values of each of its n matrices near 1, in bfloat16 where the stream is."""
    tall = g.size(1) > g.size(2)
    h = (g.mT if tall else g).to(DTYPE)
    h = h / (1.02 * h.norm(dim=(1, 2), keepdim=True) + 1e-6)
    for a, b, c in POLAR:
        s = h @ h.mT
        h = a * h + (b * s + c * s @ s) @ h
    return (h.mT if tall else h).float()


class Muon:
    """Steps matrices along the orthogonal part of their running gradient; those of one shape go together.

    As in NorMuon (arXiv 2510.05491) the neurons of an update are brought to one size, by how large theirs have been. Decay is
    cautious (arXiv 2510.12402): it pulls only at weights that the update pulls the same way.
    """

    def __init__(self, matrices):
        shapes = sorted({tuple(w.shape) for w in matrices})
        self.groups = [[w for w in matrices if tuple(w.shape) == shape] for shape in shapes]
        self.memory = [torch.zeros(len(group), *group[0].shape, device=DEVICE) for group in self.groups]
        self.across = [-1 if rows >= columns else -2 for rows, columns in shapes]
        self.sizes = [torch.zeros_like(m.mean(across, keepdim=True)) for m, across in zip(self.memory, self.across)]

    @torch.no_grad()
    def step(self, lr, momentum, decay):
        for group, m, across, size in zip(self.groups, self.memory, self.across, self.sizes):
            g, w = torch.stack([each.grad for each in group]), torch.stack(group)
            m.lerp_(g, 1 - momentum)
            update = orthogonal(g.lerp(m, momentum))
            size.lerp_(update.square().mean(across, keepdim=True), 1 - MUON_BETA2)
            even = update * size.clamp_min(1e-10).rsqrt()
            update = even * (update.norm(dim=(1, 2), keepdim=True) / even.norm(dim=(1, 2), keepdim=True).clamp_min(1e-10))
            change = lr * max(1.0, w.size(1) / w.size(2)) ** 0.5 * (update + decay * w * (update * w >= 0))
            torch._foreach_sub_(group, list(change.unbind()))


class Optimizer:
    """Muon for the blocks' matrices, AdamW for the rest."""

    def __init__(self, model):
        self.model, self.muon = model, Muon(list(model.blocks.parameters()))
        wide = (WIDTH / 768) ** -0.5
        groups = [(model.output.parameters(), OUTPUT_LR * wide, BETA1), (model.embed.parameters(), EMBED_LR * wide, BETA1),
                  (model.values.parameters(), EMBED_LR * wide, BETA1), ([model.stream_share], SCALAR_LR / 100, BETA1),
                  ([model.x0_share], SCALAR_LR, 0.96)]  # A few numbers that every token pulls at: a longer memory steadies them.
        self.adam = torch.optim.AdamW([{"params": list(params), "most": lr, "betas": (beta1, BETA2)} for params, lr, beta1 in groups],
                                      lr=0.0, eps=1e-10, weight_decay=0.0, fused=DEVICE.type == "cuda")

    def step(self, progress, step):
        """`progress` is the share of the budget that is over, `step` how many steps were before."""
        multiplier, aged = get_lr_multiplier(progress), min(step / MOMENTUM_STEPS, 1.0)
        for group in self.adam.param_groups:
            group["lr"] = group["most"] * multiplier
        self.adam.step()
        self.muon.step(MATRIX_LR * multiplier, MOMENTUM_START + (MOMENTUM - MOMENTUM_START) * aged, WEIGHT_DECAY * (1 - progress))
        self.model.zero_grad(set_to_none=True)


def get_lr_multiplier(progress):
    """Share of the rates at a share of the budget."""
    rising = min(1.0, progress / WARMUP_RATIO) if WARMUP_RATIO else 1.0
    falling = min(1.0, (1.0 - progress) / WARMDOWN_RATIO) if WARMDOWN_RATIO else 1.0
    return min(rising, falling + (1 - falling) * FINAL_LR_FRAC)

# --- Training -----------------------------------------------------------------------------------------------------------

def rows_per_pass(memory):
    """ROWS, or the power of two of them that fits into most of so many GiB; never more than a step has."""
    fitting = 2 ** int(math.log2(max(1.0, 0.8 * 1000 * memory / (TOKEN_MB * DTYPE.itemsize / 2 * MAX_SEQ_LEN))))
    return max(1, min(ROWS, fitting, BATCH_TOKENS // MAX_SEQ_LEN))


def main():
    t_start = clock()
    torch.manual_seed(SEED)
    torch.set_float32_matmul_precision("high")
    tokenizer = Tokenizer.from_directory()
    model = Model().to(DEVICE)
    optimizer = Optimizer(model)
    num_params = sum(w.numel() for w in model.parameters())
    rows, flops, peak = rows_per_pass(memory_gb()), model.flops_per_token(), peak_flops()
    passes = max(1, round(BATCH_TOKENS / (rows * MAX_SEQ_LEN)))
    tokens_per_step = passes * rows * MAX_SEQ_LEN
    train_loader = make_dataloader(tokenizer, rows, MAX_SEQ_LEN, "train")
    print(f"Parameters: {num_params:,} on {DEVICE} in {str(DTYPE)[6:]}; vocabulary: {tokenizer.get_vocab_size():,}")
    print(f"FLOPs per token: {flops:.3e}; peak: {'not known for this device, so mfu is shown as 0' if math.isinf(peak) else f'{peak:.3g}'}")
    print(f"Time budget: {TIME_BUDGET:g}s after {UNCOUNTED} steps of {tokens_per_step:,} tokens, in {passes} passes of {rows} rows")
    loss_of = torch.compile(model, dynamic=False) if COMPILE and DEVICE.type == "cuda" else model
    x, y, epoch = next(train_loader)
    total_training_time, smooth_train_loss, step, t0 = 0.0, 0.0, 0, clock()
    while step < UNCOUNTED or total_training_time < TIME_BUDGET:
        loss = 0.0
        for _ in range(passes):
            part = loss_of(x, y) / passes
            part.backward()
            loss += part.detach()
            x, y, epoch = next(train_loader)  # packed while the GPU still works on the last ones
        progress = min(total_training_time / TIME_BUDGET, 1.0)
        optimizer.step(progress, step)
        if not (loss := float(loss)) <= 100:  # NaN too
            print("FAIL")
            raise SystemExit(1)
        tick(flops * tokens_per_step)
        if step == 0:
            gc.freeze()  # What is there by now stays: looking through it again and again would hold the GPU up.
        t1 = clock()
        dt, t0 = t1 - t0, t1
        total_training_time += dt if step >= UNCOUNTED else 0.0
        smooth_train_loss = 0.9 * smooth_train_loss + 0.1 * loss
        debiased, speed = smooth_train_loss / (1 - 0.9 ** (step + 1)), tokens_per_step / max(dt, 1e-9)
        print(f"\rstep {step:05d} ({100 * progress:.1f}%) | loss: {debiased:.6f} | lrm: {get_lr_multiplier(progress):.2f} | "
              f"dt: {dt * 1000:.0f}ms | tok/sec: {int(speed):,} | mfu: {100 * flops * speed / peak:.1f}% | epoch: {epoch} | "
              f"remaining: {max(0.0, TIME_BUDGET - total_training_time):.0f}s    ", end="", flush=True)
        step += 1
    print()  # newline after the \r of the training log
    val_bpb = evaluate_bpb(model.eval(), tokenizer, EVAL_BATCH)  # the model as it was written: nothing is compiled for other shapes
    mfu = 100 * flops * tokens_per_step * (step - UNCOUNTED) / total_training_time / peak
    print(f"---\nval_bpb:          {val_bpb:.6f}")
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
