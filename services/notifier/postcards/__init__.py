"""Postcards of 100 × 148 mm, both sides, in memory only: `print_cards` makes the PDF of a print run (S02, S07)."""

from services.notifier.postcards.sheets import Card, CardStopped, print_cards

__all__ = ["Card", "CardStopped", "print_cards"]
