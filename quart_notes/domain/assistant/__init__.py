"""The rules of the assistant's answers, and what the model is given for each."""
