"""The edges: where HTTP, websockets and pages meet the domain."""
