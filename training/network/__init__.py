"""The network, its LSTM layer, its loss, its optimizer, and the base's weights."""
