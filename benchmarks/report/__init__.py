"""The results, and the table that shows them."""
