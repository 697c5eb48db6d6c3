# Directories become links while the supervisor walks them.
import time
os.mkdir("d")
for number in range(400):
    os.mkdir(f"d/{number}")
while True:
    for number in range(400):
        os.rmdir(f"d/{number}")
        os.symlink("/dev/null", f"d/{number}")
    for number in range(400):
        os.unlink(f"d/{number}")
        os.mkdir(f"d/{number}")
