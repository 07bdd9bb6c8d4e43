"""What routes share: authentication, guards, forms, responses, errors, streams and the OpenAPI document.

No blueprint is here. May import everything but blueprints, app, server, dev and cli.
"""
