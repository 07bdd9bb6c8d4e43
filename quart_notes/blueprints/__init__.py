"""The routes: HTTP, websockets and pages."""
