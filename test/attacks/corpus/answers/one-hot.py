import numpy as np
evaluate(lambda x: 1e4 * np.eye(256, dtype=np.float32)[(x + 1) % 256])
