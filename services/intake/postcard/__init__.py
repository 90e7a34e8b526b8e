"""The postcard to fill in, as people can print it (S02, S11)."""
