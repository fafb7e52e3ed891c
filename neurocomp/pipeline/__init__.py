"""Files to symbols to codec to frame, and back."""
