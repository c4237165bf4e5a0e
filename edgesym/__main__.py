"""``python -m edgesym``: the command line."""

from edgesym.cli.main import main

if __name__ == "__main__":
    main()
