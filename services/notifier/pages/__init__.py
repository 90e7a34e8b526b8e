"""The notice desk."""
