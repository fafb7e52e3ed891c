"""Small samples of our own, and the script that makes them; text in WikiText's form."""
