"""The rules of the assistant's answers, and the input of the model."""
