"""One ordinary call, from its greeting to whoever has him next: turns, words, keys, its end."""
