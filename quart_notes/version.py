"""The version, in one place: the package's metadata, the page's heading and the API read it here."""

__version__ = "0.1.0"
