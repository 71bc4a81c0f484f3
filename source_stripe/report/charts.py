"""Charts as SVG, drawn by Vega-Lite when the page is made: what the page shows needs neither scripts nor a network.

Colours are variables of the style sheet, so that a chart follows the reader's light or dark page and the paper.
"""

from __future__ import annotations

import re
from typing import Any

import vl_convert

from source_stripe.report.content import MonthlyChart, RankedChart

Spec = dict[str, Any]

FULL, HALF, NARROW = 1040, 470, 290
"""Pixels of the plot: as wide as a laptop's page, as half of it, and as a phone's. A drawing scaled from one to another
would have labels that are too small or too large."""

_SIZE = re.compile(r' width="[^"]*" height="[^"]*"(?= viewBox)')
_HEIGHT = 180
_BAR = 34
_GAP = 0.3  # of a month's width
_LABEL_SIZE = 11

_CONFIG: Spec = {
    "background": None,
    "view": {"stroke": None},
    "font": "system-ui, sans-serif",
    "axis": {
        "labelColor": "var(--muted)",
        "gridColor": "var(--line)",
        "domainColor": "var(--axis)",
        "tickColor": "var(--axis)",
        "labelFontSize": _LABEL_SIZE,
        "title": None,
    },
}
# SI's prefixes read odd on money: 1.5 G is 1.5 B.
_SHORT = "replace(replace(format(datum.value, '~s'), 'G', 'B'), 'k', 'K')"
# The month's first letter, and the year under each January, and under the first month where there is room.
_MONTH = (
    "[slice('JFMAMJJASOND', parseInt(slice(datum.value, 5, 7)) - 1, parseInt(slice(datum.value, 5, 7))), "
    "slice(datum.value, 5, 7) == '01' || (datum.index == 0 && slice(datum.value, 5, 7) < '10') "
    "? slice(datum.value, 0, 4) : '']"
)


def draw(chart: MonthlyChart | RankedChart, width: int) -> str:
    """The chart as an SVG element.

    Args:
        width: pixels of the plot without its labels.
    """
    spec = _monthly(chart, width) if isinstance(chart, MonthlyChart) else _ranked(chart, width)
    svg = vl_convert.vegalite_to_svg({"config": _CONFIG, **spec}, allowed_base_urls=[])
    # How large it is shown, and its name, are the page's affair.
    return _SIZE.sub("", svg, count=1)


def _monthly(chart: MonthlyChart, width: int) -> Spec:
    months = chart.months.names
    x = {
        "field": "month",
        "type": "ordinal",
        "sort": list(months),
        "axis": {"labelExpr": _MONTH, "labelAngle": 0, "ticks": False, "labelPadding": 6},
        "scale": {"domain": list(months), "paddingInner": _GAP, "paddingOuter": _GAP / 2},
    }
    y = {
        "type": "quantitative",
        "axis": {
            "labelExpr": _SHORT,
            "tickCount": 4,
            "domain": False,
            "ticks": False,
            **({"tickMinStep": 1} if chart.whole else {}),
        },
        "scale": {"zero": True, "nice": True},
    }
    layers: list[Spec] = []
    for place, series in enumerate(chart.series):
        layers.append(
            {
                "data": {"values": [{"month": month, "value": series.values.get(month, 0)} for month in months]},
                "mark": {
                    "type": "bar",
                    "color": f"var({series.colour})",
                    "aria": False,
                    "width": {"band": 1 if place == 0 else 0.45},
                },
                "encoding": {"x": x, "y": {**y, "field": "value"}},
            }
        )
    # A month can be pointed at anywhere in its column, and has one label for those who do not see the bars.
    layers.append(
        {
            "data": {"values": [{"month": month, "says": chart.says[month]} for month in months]},
            "mark": {"type": "bar", "color": "transparent", "width": {"band": 1 / (1 - _GAP)}},
            "encoding": {"x": x, "y": {"value": 0}, "y2": {"value": _HEIGHT}, "description": {"field": "says"}},
        }
    )
    return {"width": width, "height": _HEIGHT, "layer": layers}


def _ranked(chart: RankedChart, width: int) -> Spec:
    values = [
        {
            "place": place,
            "label": bar.label,
            "value": bar.value,
            "written": bar.written,
            "says": f"{bar.label}\n{bar.written}",
            "colour": f"var({bar.colour})",
        }
        for place, bar in enumerate(chart.bars)
    ]
    y = {"field": "place", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0.2, "paddingOuter": 0}}
    x = {"field": "value", "type": "quantitative", "axis": None, "scale": {"zero": True, "nice": False}}
    text = {"type": "text", "fontSize": _LABEL_SIZE, "aria": False}
    return {
        "width": width,
        "height": _BAR * len(values),
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "bar", "height": 8, "yOffset": 7},
                "encoding": {
                    "y": y,
                    "x": x,
                    "color": {"field": "colour", "scale": None},
                    "description": {"field": "says"},
                },
            },
            {
                "mark": {**text, "align": "left", "color": "var(--ink)", "dy": -9, "limit": width - 120},
                "encoding": {"y": y, "x": {"value": 0}, "text": {"field": "label"}},
            },
            {
                "mark": {**text, "align": "right", "color": "var(--muted)", "dy": -9},
                "encoding": {"y": y, "x": {"value": width}, "text": {"field": "written"}},
            },
        ],
    }
