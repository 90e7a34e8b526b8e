"""Lottery's pages: the public page of a draw, and the draw desk."""
