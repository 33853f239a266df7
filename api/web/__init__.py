"""What browsers and caches need of responses: CORS, compression, how long a response is fresh."""
