"""Ways to run Kujibiki: the embedded stack, Compose and Kubernetes."""
