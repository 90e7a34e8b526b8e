"""A campaign over the public HTTP interfaces, and an observer that checks it from outside."""
