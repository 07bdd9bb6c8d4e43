"""What concerns a user: mentions, replies, reactions, invitations, messages; and who is mentioned in a text."""
