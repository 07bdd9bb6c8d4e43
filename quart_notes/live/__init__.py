"""From the commit to the screen in one process: writer, event log, broadcaster, feed, presence.

May import storage, models and schemas.
"""
