"""What was: earlier states of notes, the activity of boards, and deleted notes and boards."""
