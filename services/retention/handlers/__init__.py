"""One short function a command or event: decide, store, say."""
