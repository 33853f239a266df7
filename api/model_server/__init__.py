"""The model server, as the API sees it: its port, the gRPC client, and the games that it serves."""
