"""Brings an archive's threads into Conversations, each item exactly once, and keeps which new id took which old one's place."""
