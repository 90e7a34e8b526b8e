"""The `kujibiki` command."""
