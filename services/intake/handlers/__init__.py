"""What intake does: each command or event decides, stores and says."""
