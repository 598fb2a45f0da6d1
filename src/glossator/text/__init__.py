"""Takes text, leaves what several rooms need to know about it: its tokens and its sentences."""
