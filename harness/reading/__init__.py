"""What can be known of a train.py by reading it."""
