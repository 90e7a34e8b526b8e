"""The pages of attendants and officers: door, seats, cards."""
