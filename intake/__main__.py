"""`python -m intake` is the `hotline` command."""

from nanhe_hotline import main

if __name__ == "__main__":
    main()
