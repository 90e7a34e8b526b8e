"""What is printed: Japanese characters in PDFs."""
