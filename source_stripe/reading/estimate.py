"""How much of a stream is to come, for a platform's progress bar."""

from __future__ import annotations

import time

from airbyte_cdk.models import (
    AirbyteEstimateTraceMessage,
    AirbyteMessage,
    AirbyteTraceMessage,
    EstimateType,
    TraceType,
    Type,
)

SECONDS_AN_ESTIMATE = 5.0


def estimate(stream: str, rows: float, size: float) -> AirbyteMessage:
    """A TRACE ESTIMATE message.

    Args:
        rows: that the sync will have emitted of the stream at its end.
        size: what they take on stdout, in bytes; 0 where that is not known.
    """
    told = AirbyteEstimateTraceMessage(
        name=stream, type=EstimateType.STREAM, row_estimate=round(rows), byte_estimate=round(size) or None
    )
    trace = AirbyteTraceMessage(type=TraceType.ESTIMATE, emitted_at=time.time() * 1000, estimate=told)
    return AirbyteMessage(type=Type.TRACE, trace=trace)
