"""The OpenAPI and AsyncAPI documents, generated from the routes and the events."""
