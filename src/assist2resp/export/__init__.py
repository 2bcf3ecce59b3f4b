"""Gets data out of wherever they survive into an archive: sources give objects, the engine keeps and converts them."""
