"""Model files: their layout, their content by hash, the folder where they are kept."""
