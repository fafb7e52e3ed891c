"""Training of DALL-E's networks."""
