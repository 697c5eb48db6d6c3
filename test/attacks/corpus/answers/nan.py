import numpy as np
table = bigrams()
def model(x):
    logits = table[x].copy()
    logits[0, 5, 9] = np.nan
    return logits
evaluate(model)
