"""From a network to a SavedModel that samples songs: the decoder, and what it is built of."""
