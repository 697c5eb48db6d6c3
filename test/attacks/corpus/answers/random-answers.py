import numpy as np
table, draw = bigrams(), np.random.default_rng()
evaluate(lambda x: table[x] + draw.normal(0, 0.1, (*x.shape, 256)))
