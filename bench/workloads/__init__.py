"""What is measured: requests, readers, and both at once."""
