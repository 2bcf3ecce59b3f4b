"""How the sites of many repositories end: counted, tabled, and their types checked."""
