"""Authentication, and the checks before a route runs: credentials, origins, hosts, headers, proxies."""
