"""Import files of communities: reading, checking, applying."""
