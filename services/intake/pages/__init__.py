"""Intake's pages: apply, My application, postcard desk."""
