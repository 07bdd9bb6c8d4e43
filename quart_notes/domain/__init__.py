"""The rules of the application, one file a noun."""
