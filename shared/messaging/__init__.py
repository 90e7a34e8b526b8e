"""How events leave and enter a service: outbox and relay, inbox and consumer, jobs and due work (ADR 0001)."""
