"""What stands beside Quart Notes in the benchmark: one small program a file."""
