"""The labels of the boards, and of their notes."""
