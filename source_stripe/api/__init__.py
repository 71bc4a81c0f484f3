"""Talking to Stripe: the client, the request budget, and what each answer means."""
