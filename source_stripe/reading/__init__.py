"""How a stream is read: which spans of time are still to be read, in what order, and what state says of it."""
