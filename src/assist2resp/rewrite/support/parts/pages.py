"""Pages as the old API cut them."""

from __future__ import annotations

from assist2resp.rewrite.support.parts.wire import Json


def _listed(rows: list[Json], query: dict[str, str]) -> Json:
    """One page of rows, given oldest first."""
    rows = rows if query.get("order") == "asc" else rows[::-1]
    places = {row["id"]: place for place, row in enumerate(rows)}
    start = places.get(query.get("after", ""), -1) + 1
    end = places.get(query.get("before", ""), len(rows))
    return _page(rows[start:end], int(query.get("limit", 20)), backwards="before" in query and "after" not in query)


def _page(rows: list[Json], limit: int, *, backwards: bool = False) -> Json:
    data = rows[-limit:] if backwards else rows[:limit]
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": len(rows) > limit}
