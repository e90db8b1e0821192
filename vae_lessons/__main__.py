"""The command line: python -m vae_lessons COMMAND."""

import argparse
import sys


def doctor() -> int:
    """Check this machine; 1 when something must be fixed."""
    from vae_lessons.doctor import main

    return main()


def notebooks() -> int:
    """Execute every lesson in place."""
    from vae_lessons.notebooks import refresh

    refresh()
    return 0


def judge() -> int:
    """Train the digit judge anew and print how it does."""
    from vae_lessons.judge import retrain

    print(retrain())
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m vae_lessons", description="Tools of the course VAE Lessons."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    commands.add_parser("doctor", help="check this machine and say how to fix it").set_defaults(run=doctor)
    commands.add_parser(
        "notebooks", help="execute all lessons in place and leave clean outputs"
    ).set_defaults(run=notebooks)
    commands.add_parser("judge", help="train the digit judge anew, in some minutes").set_defaults(run=judge)
    run = getattr(parser.parse_args(arguments), "run", None)
    if run is None:
        parser.print_help()
        return 0
    return run()


if __name__ == "__main__":
    sys.exit(main())
