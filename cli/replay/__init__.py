"""`kujibiki replay`: services' stores rebuilt from the topics, held to the living ones. Nothing is sent or printed."""
