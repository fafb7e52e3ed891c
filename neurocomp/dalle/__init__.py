"""Discrete autoencoders, the prior of captions and images, and what is made with them."""
