"""Who may compose: API keys, the rate limit, and how many songs are composed at once."""
