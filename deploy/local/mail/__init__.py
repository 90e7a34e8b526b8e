"""The mail catcher: takes every mail by SMTP with STARTTLS, delivers none, shows them in the browser."""
