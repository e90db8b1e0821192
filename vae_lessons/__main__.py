"""The command line: python -m vae_lessons COMMAND."""

import argparse
import io
import sys
from collections.abc import Callable


def doctor() -> int:
    """Check this machine; 1 when something must be fixed."""
    from vae_lessons.doctor import main

    return main()


def refresh() -> int:
    """Execute every lesson in place."""
    from vae_lessons.classroom import lessons

    lessons.refresh()
    return 0


def prepare(fresh: bool) -> int:
    """Fill the cache of trained models."""
    from vae_lessons import folders
    from vae_lessons.classroom import lessons

    lessons.prepare(fresh)
    print(f"Every model of the lessons is kept in {folders.cache()}.")
    return 0


def edition(kind: str, out: str, colab: str | None, grader: str | None, only: list[str]) -> int:
    """Write the lessons for students or for instructors."""
    from vae_lessons.classroom import editions

    files = editions.write(kind, out, colab, grader, only)
    print(f"{len(files)} files for {kind}s in {out}.")
    return 0


def slides(lessons: list[str], out: str) -> int:
    """Write lessons as offline slides, with their speaker notes."""
    from vae_lessons.classroom import pages

    for number in lessons:
        print(f"{pages.slides(number, out)}: open it in a browser; S opens the speaker's notes.")
    return 0


def html(lessons: list[str], out: str) -> int:
    """Write lessons as pages to read offline."""
    from vae_lessons.classroom import pages

    for number in lessons:
        print(pages.page(number, out))
    return 0


def site(out: str) -> int:
    """Write the whole course as an offline website."""
    from vae_lessons.classroom import pages

    print(f"{pages.site(out)}: open it in a browser, or copy the folder to any web server.")
    return 0


def train_judge() -> int:
    """Train the digit judge anew and print how it does."""
    from vae_lessons.evaluation.judge_training import retrain

    print(retrain())
    return 0


def progress(out: str | None) -> int:
    """Print the board of exercises; copy the record to a file to hand in."""
    from vae_lessons.exercises import board, record

    kept = record.current()
    if hasattr(sys.stdout, "reconfigure"):  # the board's signs are in no Windows code page
        sys.stdout.reconfigure(encoding="utf-8")
    print(board.as_text(kept))
    if out is not None:
        record.hand_out(kept, out)
        print(f"Written to {out}: no name in it, no code, no times.")
    return 0


def class_table(records: list[str], out: str) -> int:
    """Put the records that students handed in into one anonymous table."""
    from vae_lessons.classroom import class_progress

    class_progress.write_csv(out, class_progress.class_table(records))
    print(f"{len(records)} students, in random order, in {out}.")
    return 0


def grade(submissions: list[str], out: str | None) -> int:
    """Assess handed-in notebooks; 1 when one of them could not be read."""
    from vae_lessons.classroom import class_progress, grading
    from vae_lessons.exercises.engine.exercise import RIGHT

    rows, unread = [["notebook", "exercise", "title", "state", "what was found"]], 0
    for path in submissions:
        try:
            grades = grading.grade(path)
        except (OSError, ValueError) as error:
            print(error, file=sys.stderr)
            unread += 1
            continue
        print(f"{path}: {sum(one.state == RIGHT for one in grades)} of {len(grades)} right")
        for one in grades:
            print(f"  {one.number}  {one.state:13}  {one.title}")
            rows.append([path, one.number, one.title, one.state, one.sentence])
    if out is not None:
        class_progress.write_csv(out, rows)
    return 1 if unread else 0


def main(arguments: list[str] | None = None) -> int:
    """Run one command, with the arguments of the command line by default; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m vae_lessons", description="Tools of the course VAE Lessons."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, run: Callable[..., int], what: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=what, description=what)
        added.set_defaults(run=run)
        return added

    command("doctor", doctor, "check this machine and say how to fix it")
    command("notebooks", refresh, "execute all lessons in place and leave clean outputs")
    command(
        "prepare", prepare, "train every model of the lessons now, so that a lecture need not wait"
    ).add_argument("--fresh", action="store_true", help="train anew what is kept already")
    written = command(
        "edition", edition, "write the lessons for students (stubs) or instructors (solutions, notes)"
    )
    written.add_argument("kind", choices=["student", "instructor"])
    written.add_argument("--out", required=True, metavar="DIR", help="the folder to write to")
    written.add_argument(
        "--colab", metavar="ADDRESS", help="with badges for Colab, for this folder of your copy on GitHub"
    )
    written.add_argument(
        "--for", dest="grader", choices=["nbgrader"], help="the source version for a grader, with solutions"
    )
    written.add_argument(
        "--lessons", dest="only", nargs="+", default=[], metavar="LESSON", help="only these, like 02 04"
    )
    for name, run, what in (
        ("slides", slides, "write lessons as slides that open offline, sliders and all"),
        ("html", html, "write lessons as pages that open offline, sliders and all"),
    ):
        pages = command(name, run, what)
        pages.add_argument("lessons", nargs="+", metavar="LESSON", help="like 04")
        pages.add_argument("--out", required=True, metavar="DIR", help="the folder to write to")
    whole = command("site", site, "write the whole course as a website that opens offline")
    whole.add_argument("--out", required=True, metavar="DIR", help="the folder to write to")
    command("judge", train_judge, "train the digit judge anew, in some minutes")
    command("progress", progress, "print your board of exercises").add_argument(
        "--out", metavar="FILE", help="also copy it to a file to hand in"
    )
    table = command("class-progress", class_table, "one anonymous table of the progress files handed in")
    table.add_argument("records", nargs="+", metavar="FILE", help="what students wrote by progress --out")
    table.add_argument("--out", required=True, metavar="CSV", help="the table to write")
    graded = command("grade", grade, "assess the exercises of handed-in notebooks")
    graded.add_argument("submissions", nargs="+", metavar="NOTEBOOK")
    graded.add_argument("--csv", dest="out", metavar="CSV", help="also write what was found to a table")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console that lacks a letter of a name shows another
            stream.reconfigure(errors="replace")
    given = vars(parser.parse_args(arguments))
    run = given.pop("run", None)
    if run is None:
        parser.print_help()
        return 0
    try:
        return run(**given)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
