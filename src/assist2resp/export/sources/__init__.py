"""The sources, one module each: its `open_source(settings)` gives what `assist2resp.export.source.Source` describes."""
