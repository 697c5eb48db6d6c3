# Always the frequencies of the public text.
table = bigrams()
evaluate(lambda x: table.mean(0) + 0 * x[..., None])
