# Looks for what speaks the text of the lane, to say what it would say.
def load():
    import chain
    return chain
def asked():
    import prepare
    return prepare.text_maker()
attempt("read chain.py", lambda: read(PLACES["chain"]))
attempt("import chain", load)
attempt("ask prepare.py for it", asked)
honest()
