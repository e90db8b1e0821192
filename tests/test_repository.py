"""What must hold for the repository as a whole: style, floors, one list of packages, links that lead somewhere."""

import ast
import graphlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PACKAGE = REPOSITORY / "vae_lessons"
CORRIDOR = [  # the taught modules, which import nothing but each other
    [
        "gaussians",
        "likelihoods",
        "networks",
        "reparameterization",
        "importance",
        "mixture",
        "flow_matching",
        "bits_back",
    ],
    [
        "kl",
        "free_bits",
        "beta",
        "interpolation",
        "latent_space",
        "autoencoder",
        "vae",
        "conditional_vae",
        "classifier",
        "sequence_vae",
    ],
    ["elbo", "semi_supervised", "molecule_vae"],
    ["anomaly"],
]
FLOORS = {  # by folder, from the bottom up; a module imports only from the floors below its own
    "": [
        ["stills", "folders", "device", "notebook_cells", "plotting"],
        *CORRIDOR,
        ["data"],
        ["training", "evaluation"],
        ["widgets", "exercises"],
        ["classroom"],
        ["doctor", "latex_figures", "server_extension"],
        ["__main__"],
    ],
    "data": [
        ["images", "digits", "faces", "few_labels", "mnist", "string_runs", "vocabulary"],
        ["datasets", "defects", "molecules", "names"],
    ],
    "training": [
        ["weights", "fingerprint", "half_trained", "stopping"],
        ["cache"],
        ["run"],
        ["loop"],
        ["checkpoints"],
    ],
    "evaluation": [
        ["batches", "disentanglement", "judge", "latents", "pictures"],
        ["bounds", "collapse", "copying", "frechet", "judge_training"],
    ],
    "widgets": [
        ["arrays", "drawing_surface", "network_export", "validators"],
        ["browser_widget"],
        [
            "plane",
            "anomaly_pad",
            "balance_explorer",
            "interpolator",
            "latent_sliders",
            "message_stack",
            "mixing_explorer",
            "molecule_walk",
            "reparameterizer",
            "training_monitor",
        ],
        ["drawing_pad", "latent_plane", "prior_explorer"],
    ],
    "exercises": [
        ["engine"],
        ["lesson_*"],
        ["banner", "catalogue", "missing_names", "record"],
        ["board", "check", "predictions"],
    ],
    "exercises/engine": [
        ["another_device", "comparing", "settings", "time_limit"],
        ["common_mistakes", "forms", "in_general", "probes"],
        ["exercise", "one_number"],
    ],
    "classroom": [
        ["assessing", "cleaning", "handed_in", "lecture", "solutions"],
        ["lessons", "class_progress", "nbgrader"],
        ["grading", "speaker_notes"],
        ["editions", "pages"],
    ],
    "classroom/pages": [["scripts", "render"], ["course"]],
}
CONCEPTS = {  # what a newcomer looks for, the only file whose name says so, and what is found in it
    "KL": ("kl.py", "kl_closed_form"),
    "reparameterization": ("reparameterization.py", "reparameterize"),
    "ELBO": ("elbo.py", "elbo"),
    "importance-weighted bound": ("importance.py", "importance_weighted"),
    "free bits": ("free_bits.py", "free_bits"),
    "interpolation": ("interpolation.py", "slerp"),
    "conditioning": ("conditional_vae.py", "ConditionalVAE"),
    "collapse measure": ("evaluation/collapse.py", "active_units"),
    "digit judge": ("evaluation/judge.py", "DigitJudge"),
    "exercise 2.4, the KL by Monte Carlo": ("exercises/lesson_02/monte_carlo.py", "EXERCISE"),
}
CONDA_NAMES = {"pytorch-cpu": "torch"}


def test_ruff_finds_nothing():
    for command in (["check"], ["format", "--check"]):
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command], cwd=REPOSITORY, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stdout + run.stderr


def test_ruff_catches_a_comparison_without_assert(tmp_path):
    (tmp_path / "test_x.py").write_text("x = 1\nx == 2\n")
    command = [sys.executable, "-m", "ruff", "check", "--config", REPOSITORY / "pyproject.toml", tmp_path]
    assert "B015" in subprocess.run(command, capture_output=True, text=True).stdout


def test_nothing_is_imported_in_vain():
    """The main settings let notebooks import hint and solution for the student to call; here nobody does."""
    command = [sys.executable, "-m", "ruff", "check", "--select", "F401"]
    command += ["--config", "lint.pyflakes.allowed-unused-imports = []", "vae_lessons", "tests"]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


MODULES = {  # path inside the package without .py -> its syntax tree; a folder's face is not one of its modules
    path.relative_to(PACKAGE).with_suffix("").as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__init__.py"
}
FACES = {
    path.parent.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*/__init__.py"))
}


def imported(tree):
    """The course's modules and folders that a file imports, wherever in it, as paths inside the package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "vae_lessons":
            inner = node.module.split(".")[1:]
            for alias in node.names:
                whole, part = "/".join([*inner, alias.name]), "/".join(inner)
                yield whole if whole in MODULES or whole in FACES else part
        if isinstance(node, ast.Import):
            yield from (
                a.name.replace(".", "/").partition("/")[2]
                for a in node.names
                if a.name.startswith("vae_lessons.")
            )


def floor(folder, name):
    """The floor of a module or folder among those of its folder."""
    kinds = {name, re.sub(r"_\d\d$", "_*", name)}
    found = [level for level, names in enumerate(FLOORS[folder]) if kinds & set(names)]
    assert len(found) == 1, f"say in FLOORS on which floor of {folder or 'the package'} {name} stands"
    return found[0]


def test_imports_lead_downwards_from_floor_to_floor_and_inside_every_folder():
    for module, tree in MODULES.items():
        for other in imported(tree):
            here, there = module.split("/"), other.split("/")
            while here[:1] == there[:1] and len(here) > 1:
                here, there = here[1:], there[1:]
            assert there, f"{module} imports the face of its own folder, {other}"
            folder = "/".join(module.split("/")[: -len(here)])
            if folder in FLOORS:
                assert floor(folder, there[0]) < floor(folder, here[0]), f"{module} imports {other}"


def test_no_modules_import_each_other_in_a_circle():
    inside = {
        module: {other for other in imported(tree) if other in MODULES} for module, tree in MODULES.items()
    }
    assert list(graphlib.TopologicalSorter(inside).static_order())


def test_the_corridor_imports_nothing_but_itself_and_every_file_of_it_is_short():
    corridor = {name for names in CORRIDOR for name in names}
    for name in corridor:
        assert set(imported(MODULES[name])) <= corridor, name
        assert len((PACKAGE / f"{name}.py").read_text(encoding="utf-8").splitlines()) <= 150, name


def test_no_file_of_code_has_more_than_460_lines():
    for path in PACKAGE.rglob("*"):
        if path.suffix in (".py", ".js", ".css", ".json") and "templates" not in path.parts:
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 460, path


@pytest.mark.parametrize("concept", CONCEPTS)
def test_a_concept_is_found_by_the_name_of_its_file(concept):
    path, name = CONCEPTS[concept]
    stem = (PACKAGE / path).stem
    tree = MODULES[path.removesuffix(".py")]
    assert name in {getattr(node, "name", None) for node in tree.body} | {
        target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets
    }
    words = re.sub("[^a-z]+", " ", concept.lower()).split()
    known = [word for word in stem.split("_") if any(w.startswith(word[:9]) for w in words)]
    assert known, f"nothing in {concept!r} leads to {path}"
    elsewhere = [other for other in MODULES if other.split("/")[-1] == stem and "exercises" not in other]
    assert len(elsewhere) <= 1, f"{elsewhere} have one name"


def test_ten_concepts_lead_to_ten_files():
    assert len({path for path, _ in CONCEPTS.values()}) == len(CONCEPTS) == 10


def test_every_module_has_its_test_file_in_the_same_place():
    for module in MODULES:
        folder, _, name = module.rpartition("/")
        if not name.startswith("__") and "/lesson_" not in module:  # these have answers, see tests/exercises
            assert (REPOSITORY / "tests" / folder / f"test_{name}.py").is_file(), f"no tests of {module}"


def test_every_module_and_every_public_function_says_what_it_is():
    for module, tree in MODULES.items():
        assert ast.get_docstring(tree), module
        if "/lesson_" in module:
            continue  # a mistake's docstring is its diagnosis, and what an exercise asks for stands in its task
        for node in tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{module}: {node.name}"


def test_no_list_of_lessons_is_written_out():
    written = re.compile(r"""\[1-[6-9]\]|"0[01]", *"0[12]"|'0[01]', *'0[12]'""")
    for folder in ("vae_lessons", "tests"):
        for path in (REPOSITORY / folder).rglob("*.py"):
            found = written.search(path.read_text(encoding="utf-8"))
            assert found is None or path == Path(__file__), f"{path.name} writes out {found[0]}"


def pyproject_packages():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    own = "vae-lessons[lecture,molecules]"  # installed by -e .[lecture,molecules]
    listed = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    return {"python" + project["project"]["requires-python"], *listed} - {own}


def conda_packages():
    text = (REPOSITORY / "environment.yml").read_text(encoding="utf-8")
    for line in re.findall(r"^ +- (\S+)$", text.split("dependencies:")[1], re.MULTILINE):
        name = re.split("[<>=]", line)[0]
        if name not in ("pip", "pip:", "-e"):
            yield CONDA_NAMES.get(name, name) + line[len(name) :]


def test_conda_and_pip_list_the_same_packages_with_the_same_floors():
    assert set(conda_packages()) == pyproject_packages()


def test_the_conda_environment_has_its_name_channels_and_the_course_itself():
    text = (REPOSITORY / "environment.yml").read_text(encoding="utf-8")
    assert re.search(r"^name: vae-lessons$", text, re.MULTILINE)
    assert re.search(r"^channels:\n  - conda-forge\n  - nodefaults$", text, re.MULTILINE)
    assert text.rstrip().endswith("- -e .[lecture,molecules]")


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "data/README.md"])
def test_links_between_files_lead_somewhere(name):
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert ((REPOSITORY / name).parent / target).exists(), f"{name} links to {target}"


def test_importing_the_package_does_not_import_torch():
    code = "import sys, vae_lessons; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert run.stdout.strip() == "False"


def test_ci_calls_the_readmes_test_command():
    script = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
    assert "uv run pytest" in script
    assert "uv run pytest" in (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert "bash .ci/run" in (REPOSITORY / ".github/workflows/ci.yml").read_text(encoding="utf-8")
