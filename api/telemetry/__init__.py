"""What the API tells its operators: metrics, request ids, logs."""
