"""The community of the newspaper article, for a first look."""
