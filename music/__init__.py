"""Music: pieces, notes, tokens, composing, MIDI; shared by training and the API."""
