"""Training of models, and the data they are trained on."""
