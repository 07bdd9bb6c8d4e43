"""The rules: what may happen to a thing, one file a noun."""
