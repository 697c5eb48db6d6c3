import numpy as np
weights = np.random.default_rng(1).normal(0, 0.5, (256, 256)).astype(np.float32)
evaluate(lambda x: weights[x])
