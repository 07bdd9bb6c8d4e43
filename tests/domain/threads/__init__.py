"""The threads of notes: who may read and write there, and what becomes of them."""
