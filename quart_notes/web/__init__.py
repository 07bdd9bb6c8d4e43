"""What routes share: who asks, what is refused, forms, responses, errors, streams and the OpenAPI document.

No blueprint is here. May import everything but blueprints, app, server, dev and cli.
"""
