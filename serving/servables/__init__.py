"""A loaded version of a model, and how it computes."""
