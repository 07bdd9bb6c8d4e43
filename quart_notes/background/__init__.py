"""Work beside requests: the assistant, imports and housekeeping.

May import domain, live, transfer and what stands below them.
"""
