"""The page of an event's papers and files, and the words that papers and files are made of."""
