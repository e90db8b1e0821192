"""The command line: python -m vae_lessons COMMAND."""

import argparse
import sys


def doctor() -> int:
    """Check this machine; 1 when something must be fixed."""
    from vae_lessons.doctor import main

    return main()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m vae_lessons", description="Tools of the course VAE Lessons."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    commands.add_parser("doctor", help="check this machine and say how to fix it").set_defaults(run=doctor)
    run = getattr(parser.parse_args(arguments), "run", None)
    if run is None:
        parser.print_help()
        return 0
    return run()


if __name__ == "__main__":
    sys.exit(main())
