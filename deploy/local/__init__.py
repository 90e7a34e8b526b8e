"""The embedded stack: a real Kafka, MongoDB, trace viewer and mail catcher, and the services, on loopback.

Start reading at `stack.py`; `docs/operations.md` says how it is used.
"""
