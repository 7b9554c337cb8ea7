"""The `hotline` command, once the packages are known to be ours."""

import sys


def main() -> None:
    """Check that no foreign package shadows ours, then run the command line."""
    from config import selfcheck

    problems = selfcheck.problems()
    if problems:
        sys.exit("\n".join(problems))
    from intake.cli import chinese
    from intake.cli import main as cli

    sys.exit(chinese.run(cli.application))


if __name__ == "__main__":
    main()
