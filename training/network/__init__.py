"""What learns: the network, its LSTM layer, its loss, its optimizer, the base's weights."""
