"""Programs of public repositories, run before and after their rewrite; none of their code is kept here."""
