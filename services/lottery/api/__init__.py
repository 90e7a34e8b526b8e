"""Lottery's JSON interface: the steps of a draw (`draws`), and what anybody may fetch to check it (`downloads`)."""
