import numpy as np
evaluate(lambda x: np.zeros((*x.shape, 256), np.float32))
