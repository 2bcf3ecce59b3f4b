"""Asks the new API the turns of an archive again and says whether the answers got worse."""
