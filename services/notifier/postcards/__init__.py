"""Postcards of 100 × 148 mm, both sides, in memory only: `print_cards` makes the PDF of a print run (S02, S07)."""

from services.notifier.postcards.sheets import Card, CardStopped, Half, print_cards, print_halves

__all__ = ["Card", "CardStopped", "Half", "print_cards", "print_halves"]
