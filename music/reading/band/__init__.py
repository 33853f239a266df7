"""Reading a file as a band: from its parts and instruments to roles and a line-up."""
