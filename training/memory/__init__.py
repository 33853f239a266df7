"""What the network reads besides the notes: where it is in the bar, and what came next before.

A *candidate* is a guess at the next note, taken from the piece so far:

| candidate | the note that followed |
| --- | --- |
| match | the longest run of notes that equals the run ending now |
| 1, 2, 4, 8 bars back | the place in the bar, that many bars ago |
| transposed match | the longest run that equals the run ending now in another key |

`context` works them out for whole pieces, to learn from; `training.memory.recall` does the same
inside a graph, note by note, for songs.

Related: the lookback RNN of Magenta (E. Waite, 2016), pointer networks (O. Vinyals et al., 2015),
the neural cache (E. Grave et al., 2017) and the short-term models of IDyOM (M. Pearce, 2005).
"""
