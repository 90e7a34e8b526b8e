"""The records office's pages: sign-in and hand-over, start, state of handling, staff register."""
