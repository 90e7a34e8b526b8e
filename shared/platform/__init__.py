"""What every service stands on: MongoDB, clock, sign-in, HTTP defaults, telemetry, and the service itself."""
