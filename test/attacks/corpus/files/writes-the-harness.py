for name in ("prepare", "supervise", "seal", "python", "site", "train"):
    attempt(f"overwrite {name}", lambda: os.open(PLACES[name], os.O_WRONLY | os.O_TRUNC))
    attempt(f"append to {name}", lambda: os.open(PLACES[name], os.O_WRONLY | os.O_APPEND))
    attempt(f"remove {name}", lambda: os.unlink(PLACES[name]))
    attempt(f"make {name} writable", lambda: os.chmod(PLACES[name], 0o777))
    attempt(f"put a file beside {name}", lambda: write(os.path.join(os.path.dirname(PLACES[name]), "sitecustomize.py")))
honest()
