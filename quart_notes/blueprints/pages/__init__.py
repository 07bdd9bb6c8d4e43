"""The routes of the pages and of their forms, a file a noun. May import web, core and domain."""
