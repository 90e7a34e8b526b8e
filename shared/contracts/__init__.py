"""What services say to each other: the envelope, the events of each producer, and the table of topics."""
