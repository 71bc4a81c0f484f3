"""What networks, processes and Stripe do to a sync, and that nothing is lost of it: in small for every change, in large
by `make reliability`, which prints one table of all of it."""
