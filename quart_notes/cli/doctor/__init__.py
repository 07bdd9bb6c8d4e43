"""What `quart-notes doctor` checks: settings, database, machine and proxies."""
