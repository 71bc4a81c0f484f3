"""The local command: Stripe's streams copied into a database of your own, without a platform.

It runs the connector itself (`SourceStripe`) and gives what it says to a loader library, dlt. Nothing here knows how
Stripe is read, and the protocol's commands import nothing of this package.
"""
