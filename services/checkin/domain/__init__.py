"""The rules at the door: passes, admission, walk-in seats, contact cards and their custody. No I/O."""
