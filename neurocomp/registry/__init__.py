"""Which model a name or a frame means, and how it is opened."""
