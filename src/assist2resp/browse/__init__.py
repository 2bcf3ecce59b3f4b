"""Lets people read an archive: a search index beside it, a page on this machine, or HTML files."""
