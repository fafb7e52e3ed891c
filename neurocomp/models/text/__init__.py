"""Training of models of text: the byte network, and GPT-2 in any size."""
