"""What must hold for the repository as a whole: style, floors, one list of packages, links that lead somewhere."""

import ast
import re
import subprocess
import sys
import tomllib

import pytest

from tests.conftest import REPOSITORY

FLOORS = {
    0: ("device", "digits", "faces", "gaussians", "likelihoods", "networks", "beta_schedules"),
    1: ("data", "elbo", "autoencoder", "vae", "conditional_vae", "judge", "training_cache"),
    2: ("training", "evaluation", "latent_space", "plotting"),
    3: ("widgets", "exercises", "notebooks", "doctor", "server_extension", "lecture"),
    4: ("grading", "editions", "export"),
    5: ("__main__",),
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


def modules():
    for path in sorted((REPOSITORY / "vae_lessons").rglob("*.py")):
        yield path.relative_to(REPOSITORY / "vae_lessons").with_suffix("").parts[0], path


def imported(path):
    """The course's modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "vae_lessons":
            inner = node.module.split(".")[1:]
            yield from inner[:1] or [alias.name for alias in node.names]
        if isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("vae_lessons."))


def test_a_module_imports_only_from_floors_below_it():
    floor = {name: number for number, names in FLOORS.items() for name in names}
    for name, path in modules():
        if name != "__init__":
            for other in set(imported(path)) - {name}:
                assert floor[other] < floor[name], (
                    f"{name} (floor {floor[name]}) imports {other} (floor {floor[other]})"
                )


def test_every_module_has_its_test_file():
    for name, _ in modules():
        if not name.startswith("__"):
            assert (REPOSITORY / "tests" / f"test_{name}.py").is_file(), f"tests/test_{name}.py is missing"


def pyproject_packages():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    own = "vae-lessons[lecture]"  # installed by -e .[lecture]
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
    assert text.rstrip().endswith("- -e .[lecture]")


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
