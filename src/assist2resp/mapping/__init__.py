"""The one statement of old -> new: parameters, items, tools, events, models and gaps. Pure functions over JSON values."""
