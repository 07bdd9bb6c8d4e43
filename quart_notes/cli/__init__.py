"""The commands. May import everything."""
