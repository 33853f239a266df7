"""`python -m benchmarks --gpu`: the speed on a GPU."""
