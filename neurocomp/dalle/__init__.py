"""DALL-E: autoencoders of images, the prior of captions and images, sampling."""
