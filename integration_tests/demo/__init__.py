"""`make demo`: the whole protocol once around, for somebody who has never seen it."""
