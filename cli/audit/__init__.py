"""`kujibiki audit`: what somebody sees who may read everything and change nothing."""
