"""The whole path on this machine, walked by one program: what `assist2resp demo` does, from the old API to the new."""
