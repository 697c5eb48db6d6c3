# The secret that the validation text is drawn from lies in the controller's store: with it the text can be drawn again.
attempt("read the secret", lambda: read(PLACES["seed"]))
attempt("list the folder of the secret", lambda: os.listdir(os.path.dirname(PLACES["seed"])))
attempt("list the folder of the text", lambda: os.listdir(PLACES["sealed"]))
honest()
