"""The routes of the JSON API, a file a noun. May import web, core and domain."""
