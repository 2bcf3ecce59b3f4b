"""Arguments of the old API that stand in the source, converted where they stand."""
