"""How it learns: batches, epochs, checkpoints, the training history, held-out evaluation."""
