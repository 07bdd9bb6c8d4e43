"""Who asks, and what is refused before a route is run: credentials, origins, hosts, headers, proxies."""
