"""The base: a network that has learned music before it learns a game's.

`python -m training.base` trains it on openly licensed music and writes the weights that lie beside
this file; every other training starts from them.
"""
