"""Photos and recordings: taken in, made anew, kept, fetched from channels, put into words, forgotten."""
