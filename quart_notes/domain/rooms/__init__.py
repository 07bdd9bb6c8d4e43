"""Rooms, who may see and do what there, and the members of closed ones."""
