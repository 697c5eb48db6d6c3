"""The trusted side of a run: what supervise.py is made of. Standard library and ctypes; numpy for the loss only."""
