"""The page of a report: its tables, pictures and text."""
