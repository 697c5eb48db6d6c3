# Adding a constant would win, if the loss were computed from probabilities that need not add up to one.
table = bigrams()
evaluate(lambda x: table[x] + 20)
