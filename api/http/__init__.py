"""HTTP: routes, what requests and responses hold, problems, the contract and its page."""
