"""Streamed runs: loops over events, handler classes, and what they read."""
