// A hundred and twenty good one-line edits of the CPU trainer, of the kind that people and models make: each must run.
// Written before the inspection that is measured on them.

/** The text to replace, and what with. */
type Line = readonly [search: string, replace: string];

/** `NAME = old` → `NAME = new`. */
function knob(name: string, old: string, ...values: string[]): Line[] {
  return values.map((value) => [`\n${name} = ${old} `, `\n${name} = ${value} `]);
}

export const good: readonly Line[] = [
  ...knob('CONTEXT', '8', '1', '4', '6', '10', '12'),
  ...knob('EMBED_DIM', '8', '4', '12', '16', '32', '64'),
  ...knob('WIDTH', '128', '32', '96', '192', '256', '5 * 32'),
  ...knob('DEPTH', '1', '0', '2', '3', '4'),
  ...knob('ACTIVATION', '"tanh"', '"relu"', '"relu2"', '"gelu"', '"silu"'),
  ...knob('NORM', '"none"', '"rms"'),
  ...knob('EMBED_INIT', '1.0', '0.03', '0.3', '2', '1e-1'),
  ...knob('WEIGHT_INIT', '1.0', '0.3', '0.7', '1.5', 'math.sqrt(2)'),
  ...knob('OUTPUT_INIT', '0.5', '0.01', '0.1', '1'),
  ...knob('OPTIMIZER', '"adam"', '"sgd"', '"momentum"', '"lion"'),
  ...knob('LEARNING_RATE', '0.005', '0.0005', '0.002', '0.01', '3e-3', '1 / 128'),
  ...knob('EMBED_LR_SCALE', '1.0', '0.3', '2', '5.0'),
  ...knob('BETA1', '0.9', '0.0', '0.5', '0.95'),
  ...knob('BETA2', '0.99', '0.9', '0.95', '0.999'),
  ...knob('WEIGHT_DECAY', '0.0', '0.01', '0.1', '0.3'),
  ...knob('CLIP', '1.0', '0.1', '0.5', '10', 'float("inf")'),
  ...knob('BATCH_SIZE', '8', '1', '4', '16', '32', '1 << 4'),
  ...knob('WARMUP_RATIO', '0.0', '0.02', '0.1', '0.3'),
  ...knob('WARMDOWN_RATIO', '0.2', '0.0', '0.5', '1.0'),
  ...knob('FINAL_LR_FRAC', '0.1', '0', '0.05', '1.0'),
  ['EVAL_BATCH = 64  ', 'EVAL_BATCH = 128  '],
  ['PEAK_FLOPS = 1e11 ', 'PEAK_FLOPS = 2e11 '],
  ['"adam": 1.0,', '"adam": 0.5,'],

  ['    return 0.5 * np.tanh(0.5 * z) + 0.5', '    return 1 / (1 + np.exp(-z))'],
  ['"relu": (lambda z: np.maximum(z, 0),', '"relu": (lambda z: np.where(z > 0, z, 0),'],
  [
    '(lambda z: np.maximum(z, 0), lambda z, a: (z > 0).astype(z.dtype))',
    '(lambda z: np.maximum(z, 0.01 * z), lambda z, a: np.where(z > 0, 1, 0.01).astype(z.dtype))',
  ],
  ['lambda z: z * sigmoid(1.702 * z)', 'lambda z: z * sigmoid(1.7 * z)'],
  ['"tanh": (np.tanh, lambda z, a: 1 - a * a)', '"tanh": (np.arctan, lambda z, a: 1 / (1 + z * z))'],
  ['scale / math.sqrt(inputs)).astype(dtype)', 'scale / math.sqrt((inputs + outputs) / 2)).astype(dtype)'],
  ['return (rng.standard_normal((inputs, outputs))', 'return (rng.uniform(-1.7, 1.7, (inputs, outputs))'],
  [
    'matrix(CONTEXT * EMBED_DIM, WIDTH, WEIGHT_INIT)',
    'matrix(CONTEXT * EMBED_DIM, WIDTH, 0.5 * WEIGHT_INIT)',
  ],
  ['matrix(WIDTH, WIDTH, WEIGHT_INIT)', 'matrix(WIDTH, WIDTH, WEIGHT_INIT / (DEPTH + 1))'],
  ['matrix(WIDTH, 256, OUTPUT_INIT)', 'matrix(WIDTH, 256, scale=OUTPUT_INIT)'],
  ['self.params["b_out"] = np.zeros(256, dtype)', 'self.params["b_out"] = np.full(256, -0.1, dtype)'],
  ['            h = h + a\n', '            h = (h + a) * np.float32(0.7)\n'],
  ['            h = h + a\n', '            h += a  # in place\n'],
  [
    '        logits -= logits.max(axis=1, keepdims=True)',
    '        logits = logits - logits.max(axis=1, keepdims=True)',
  ],
  ['        d /= total * len(d)', '        d = d / (total * len(d))'],
  ['return n @ p["w_out"] + p["b_out"], (seen', 'return np.matmul(n, p["w_out"]) + p["b_out"], (seen'],
  ['.mean(axis=1, keepdims=True) + 1e-6)', '.mean(axis=1, keepdims=True) + 1e-5)'],
  ['    order = np.argsort(ids, kind="stable")', '    order = ids.argsort(kind="stable")'],
  [
    '        shrink = min(1.0, CLIP / (length + 1e-12))',
    '        shrink = 1.0 if length < CLIP else CLIP / length',
  ],
  ['                w -= rate * m\n', '                w -= rate * (BETA1 * m + g)\n'],
  ['/ (np.sqrt(v / (1 - BETA2 ** self.steps)) + 1e-8)', '/ np.sqrt(v / (1 - BETA2 ** self.steps) + 1e-12)'],
  [
    '(EMBED_LR_SCALE if name == "embed" else 1.0)',
    '(EMBED_LR_SCALE if name == "embed" else 0.5 if name.startswith("b_") else 1.0)',
  ],
  ['            if WEIGHT_DECAY and name.startswith("w_"):', '            if WEIGHT_DECAY and w.ndim == 2:'],
  ['        return progress / WARMUP_RATIO', '        return (progress / WARMUP_RATIO) ** 2'],
  ['    if progress < WARMUP_RATIO:', '    if WARMUP_RATIO and progress < WARMUP_RATIO:'],
  [
    '    return cooldown + (1 - cooldown) * FINAL_LR_FRAC',
    '    return cooldown ** 2 + (1 - cooldown ** 2) * FINAL_LR_FRAC',
  ],
  [
    '    return cooldown + (1 - cooldown) * FINAL_LR_FRAC',
    '    return FINAL_LR_FRAC + (1 - FINAL_LR_FRAC) * 0.5 * (1 - math.cos(math.pi * cooldown))',
  ],
  ['        return 1.0\n    cooldown', '        return 1.0 - 0.5 * progress\n    cooldown'],
  ['        if not loss <= 100:  # NaN too', '        if math.isnan(loss) or loss > 100:'],
  [
    '    num_params = sum(w.size for w in model.params.values())',
    '    num_params = sum(map(np.size, model.params.values()))',
  ],
  ['import math\n', 'import math\nimport sys\nsys.setrecursionlimit(5000)\n'],
  ['import math\n', 'import math\nfrom functools import partial\n'],
  [
    '        smooth_train_loss = 0.9 * smooth_train_loss + 0.1 * loss',
    '        smooth_train_loss = 0.95 * smooth_train_loss + 0.05 * loss',
  ],
  ['g["w_out"], g["b_out"] = n.T @ d, d.sum(axis=0)', 'g["w_out"], g["b_out"] = np.dot(n.T, d), d.sum(0)'],
  [
    'np.full((len(x), x.shape[1] + CONTEXT - 1), START)',
    'np.full((len(x), x.shape[1] + CONTEXT - 1), START, dtype=np.int64)',
  ],
  ['np.arange(len(logits)), y.reshape(-1)', 'np.arange(len(logits)), y.ravel()'],
  ['(np.zeros_like(w), np.zeros_like(w))', '(np.zeros_like(w), np.full_like(w, 1e-4))'],
  ['                m += (1 - BETA1) * (g - m)', '                m[...] = BETA1 * m + (1 - BETA1) * g'],
  ['float(np.vdot(g, g))', 'float(np.square(g).sum())'],
  ['                w *= 1 - lr * WEIGHT_DECAY', '                w *= 1 - 0.1 * lr * WEIGHT_DECAY'],
  ['np.add.reduceat(rows[order], first, axis=0)', 'np.add.reduceat(rows.take(order, axis=0), first, axis=0)'],
  [
    '    while total_training_time + dt / 2 < TIME_BUDGET:',
    '    while total_training_time < 0.99 * TIME_BUDGET:',
  ],
  ['p["embed"][seen].reshape(-1', 'np.take(p["embed"], seen, axis=0).reshape(-1'],
  ['rate * np.sign(BETA1 * m + (1 - BETA1) * g)', 'rate * np.tanh(100 * (BETA1 * m + (1 - BETA1) * g))'],
];
