"""From arguments to files: what is read, what is written, what may not be."""
