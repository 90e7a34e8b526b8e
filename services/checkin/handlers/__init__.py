"""What checkin does about an event or a request: decide by the domain's rules, store, say."""
