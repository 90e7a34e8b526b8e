"""Rebuilding a service's store from the topics, beside the living one (B12). Nothing here can send or print."""
