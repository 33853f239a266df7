"""The network's inputs from memory: the position in the bar, and candidates for the next note.

A *candidate* is a guess at the next note, taken from the piece so far:

| candidate | the note that followed |
| --- | --- |
| match | the longest earlier run of notes that equals the current run |
| 1, 2, 4, 8 bars back | the same position in the bar, that many bars ago |
| transposed match | the longest earlier run that equals the current run in another key |

`context` computes them for whole pieces, for training; `training.memory.recall` does the same
inside a graph, note by note, for songs.

Related: the lookback RNN of Magenta (E. Waite, 2016), pointer networks (O. Vinyals et al., 2015),
the neural cache (E. Grave et al., 2017) and the short-term models of IDyOM (M. Pearce, 2005).
"""
