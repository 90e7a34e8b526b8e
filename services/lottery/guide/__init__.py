"""The witnesses' guide, one printed page a witness: `steps` says what is typed, `sheet` puts it on paper (B01)."""
