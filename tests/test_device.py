"""Which device is picked, and on how many cores: the tests pretend to have good and bad GPUs, and cgroups."""

import math
import os
import tempfile
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vae_lessons import device

CPU = torch.device("cpu")
STEP = device._step(CPU)  # taken before any pretence: a real step asks torch for CUDA too


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    """Every machine looks the same to these tests: no GPU, no wish in the environment."""
    monkeypatch.delenv("VAE_LESSONS_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def gpu(monkeypatch):
    """gpu("mps", step) pretends that there is one, and that a training step on it gives what step() does."""

    def pretend(kind, step):
        backend = torch.cuda if kind == "cuda" else torch.backends.mps
        monkeypatch.setattr(backend, "is_available", lambda: True)
        monkeypatch.setattr(device, "_step", lambda on: step() if on.type != "cpu" else sound())

    return pretend


def sound():
    return STEP


def no_kernel():
    raise RuntimeError(
        "CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors ..."
    )


def test_the_step_is_adam_by_hand():
    before = torch.linspace(-1, 1, 32, dtype=torch.float64).view(4, 8)
    x = torch.linspace(0.1, 1, 128).double().view(16, 8)
    gradient = 2 * (x @ before.T - 3).T @ x / (16 * 4)
    after = before - 0.1 * gradient / (gradient.abs() + 1e-8)  # Adam's first step
    torch.testing.assert_close(
        device._step(CPU).double(), torch.stack([gradient, after]), rtol=1e-5, atol=1e-5
    )


def test_without_a_gpu_the_cpu():
    picked, reason = device.pick_with_reason()
    assert picked == device.pick() == CPU
    assert "no CUDA or MPS" in reason


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_a_sound_gpu_is_picked(gpu, kind):
    gpu(kind, sound)
    picked, reason = device.pick_with_reason()
    assert picked == device.pick() == torch.device(kind)
    assert "same numbers" in reason


def test_cuda_without_a_kernel_for_the_card_falls_back_and_says_so(gpu):
    gpu("cuda", no_kernel)
    with pytest.warns(
        UserWarning, match="on the CPU, because cuda is there but does not work: CUDA error: no kernel"
    ):
        assert device.pick() == CPU
    picked, reason = device.pick_with_reason()
    assert picked == CPU
    assert "no kernel image" in reason and "\n" not in reason


def test_mps_with_other_numbers_is_passed_over(gpu):
    gpu("mps", lambda: sound() * 1.05)
    with pytest.warns(UserWarning, match="mps is there but does not work: .* other numbers"):
        assert device.pick() == CPU


def test_nan_is_no_sound_device(gpu):
    gpu("mps", lambda: sound() * torch.nan)
    assert device.pick_with_reason()[0] == CPU


def test_the_environment_decides(gpu, monkeypatch):
    gpu("cuda", sound)
    monkeypatch.setenv("VAE_LESSONS_DEVICE", " CPU ")
    picked, reason = device.pick_with_reason()
    assert picked == CPU and reason == "VAE_LESSONS_DEVICE=CPU"
    monkeypatch.setenv("VAE_LESSONS_DEVICE", "cuda:1")
    assert device.pick() == torch.device("cuda:1")
    monkeypatch.setenv("VAE_LESSONS_DEVICE", "")
    assert device.pick() == torch.device("cuda")


@pytest.mark.parametrize("value", ["gpu", "0", "cuda:-1", "the fast one"])
def test_a_wish_that_is_no_device(monkeypatch, value):
    monkeypatch.setenv("VAE_LESSONS_DEVICE", value)
    with pytest.raises(ValueError, match=f"VAE_LESSONS_DEVICE='{value}' is not a device") as error:
        device.pick()
    assert "Set it to cpu, cuda" in str(error.value) and str(error.value).count("\n") < 5


@pytest.mark.parametrize("value", ["meta", "cuda:99", "xpu"])
def test_a_wish_for_a_device_that_is_not_there(monkeypatch, value):
    monkeypatch.setenv("VAE_LESSONS_DEVICE", value)
    with pytest.raises(RuntimeError, match=f"VAE_LESSONS_DEVICE='{value}'.* does not work") as error:
        device.pick()
    assert "Set it to cpu, cuda" in str(error.value) and str(error.value).count("\n") < 5


def test_torch_without_cuda(gpu, monkeypatch):
    def not_compiled():
        raise AssertionError("Torch not compiled with CUDA enabled")

    gpu("cuda", not_compiled)
    monkeypatch.setenv("VAE_LESSONS_DEVICE", "cuda")
    with pytest.raises(RuntimeError, match="Torch not compiled with CUDA enabled"):
        device.pick()


def test_random_numbers_stay_as_they_were():
    before = torch.get_rng_state()
    device._step(CPU)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_step_is_made_also_where_gradients_are_switched_off():
    expected = device._step(CPU)
    with torch.no_grad():
        assert torch.equal(device._step(CPU), expected)
    with torch.inference_mode():
        assert torch.equal(device._step(CPU), expected)


def test_the_cpu_needs_no_step(monkeypatch):
    monkeypatch.setattr(device, "_step", lambda on: pytest.fail("a step was made"))
    monkeypatch.setenv("VAE_LESSONS_DEVICE", "cpu")
    assert device.pick() == CPU


# --- cores ---


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """machine(own, files) pretends to be a process of a 64-core server whose cgroups are these files; its cores."""
    affinity(monkeypatch, 64)

    def pretend(own, files):
        (tmp_path / "own").write_bytes(own.encode(errors="surrogateescape"))
        for name, text in files.items():
            path = tmp_path / "mount" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return device.cores(tmp_path / "own", tmp_path / "mount")

    return pretend


def affinity(monkeypatch, count):
    """From now on the process may run on so many cores."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(count)), raising=False)
    monkeypatch.setattr(os, "process_cpu_count", lambda: count, raising=False)


LITTLEST_HUB = "0::/system.slice/jupyter-ada.service\n"
V1 = "12:cpuset:/\n5:cpu,cpuacct:/docker/4f2a\n1:name=systemd:/docker/4f2a\n"


@pytest.mark.parametrize(
    ("own", "files", "cores"),
    [
        pytest.param("0::/\n", {"cpu.max": "150000 100000\n"}, 2, id="a container with 1.5 cores"),
        pytest.param("0::/\n", {"cpu.max": "max 100000\n"}, 64, id="a container without a limit"),
        pytest.param("0::/\n", {"cpu.max": "1000 100000\n"}, 1, id="a hundredth of a core"),
        pytest.param("0::/\n", {"cpu.max": ""}, 64, id="an empty file"),
        pytest.param("0::/\n", {"cpu.max": "6400000 100000 \n"}, 64, id="as many as there are"),
        pytest.param("0::/\n", {"cpu.max": "9900000 100000\n"}, 64, id="more than there are"),
        pytest.param(
            LITTLEST_HUB,
            {
                "system.slice/jupyter-ada.service/cpu.max": "200000 100000\n",
                "system.slice/cpu.max": "max 100000\n",
            },
            2,
            id="a service of systemd",
        ),
        pytest.param(
            LITTLEST_HUB,
            {
                "system.slice/jupyter-ada.service/cpu.max": "max 100000\n",
                "system.slice/cpu.max": "300000 100000\n",
            },
            3,
            id="a limit on all services together",
        ),
        pytest.param(
            LITTLEST_HUB,
            {"system.slice/jupyter-bob.service/cpu.max": "100000 100000\n"},
            64,
            id="his, not hers",
        ),
        pytest.param(
            "0::/../../outside\n", {"cpu.max": "400000 100000\n"}, 4, id="moved out of its namespace"
        ),
        pytest.param("0::/\udcff\n", {"cpu.max": "400000 100000\n"}, 4, id="a name that is no UTF-8"),
        pytest.param(
            V1,
            {
                "cpu,cpuacct/docker/4f2a/cpu.cfs_quota_us": "250000\n",
                "cpu,cpuacct/docker/4f2a/cpu.cfs_period_us": "100000\n",
                "cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
                "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            3,
            id="version 1",
        ),
        pytest.param(
            V1,
            {"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"},
            4,
            id="version 1 from within the container, where its own cgroup is the root",
        ),
        pytest.param(
            V1,
            {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"},
            64,
            id="version 1, no limit",
        ),
        pytest.param(V1, {"cpu/cpu.cfs_quota_us": "400000\n"}, 64, id="a file is missing"),
        pytest.param(
            "3:cpu:/a\n0::/b\n",
            {
                "cpu/a/cpu.cfs_quota_us": "700000\n",
                "cpu/a/cpu.cfs_period_us": "100000\n",
                "unified/b/cpu.max": "500000 100000\n",
            },
            5,
            id="both versions at once",
        ),
        pytest.param(
            "2:cpuset:/a\n",
            {"cpuset/a/cpu.cfs_quota_us": "100000\n", "cpuset/a/cpu.cfs_period_us": "100000\n"},
            64,
            id="no controller of CPU time",
        ),
        pytest.param("", {"cpu.max": "100000 100000\n"}, 64, id="in no cgroup"),
    ],
)
def test_the_cores_of_a_cgroup(machine, own, files, cores):
    assert machine(own, files) == cores


def test_cores_without_cgroups(tmp_path, monkeypatch):
    affinity(monkeypatch, 6)
    assert device.cores(tmp_path / "own", tmp_path / "mount") == 6


def test_cores_as_python_was_told(tmp_path, monkeypatch):
    affinity(monkeypatch, 6)
    monkeypatch.setattr(os, "process_cpu_count", lambda: 3, raising=False)  # python -X cpu_count=3, from 3.13
    assert device.cores(tmp_path / "own", tmp_path / "mount") == 3


def test_cores_without_affinity(tmp_path, monkeypatch):
    for name in ("process_cpu_count", "sched_getaffinity"):
        monkeypatch.delattr(os, name, raising=False)
    for count, cores in ((7, 7), (None, 1)):
        monkeypatch.setattr(os, "cpu_count", lambda count=count: count)
        assert device.cores(tmp_path / "own", tmp_path / "mount") == cores


QUOTAS = st.one_of(st.none(), st.integers(1_000, 10_000_000))  # microseconds; None: no limit


@given(
    available=st.integers(1, 256),
    chain=st.lists(st.tuples(QUOTAS, st.integers(1_000, 1_000_000)), min_size=1, max_size=5),
    version=st.sampled_from([1, 2]),
)
def test_the_tightest_limit_between_the_root_and_the_process_counts(available, chain, version):
    names = [f"level{depth}" for depth in range(1, len(chain))]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        affinity(monkeypatch, available)
        own, mount = Path(folder, "own"), Path(folder, "mount")
        own.write_text(f"{'0:' if version == 2 else '1:cpu'}:/{'/'.join(names)}\n")
        for depth, (quota, period) in enumerate(chain):
            cgroup = mount.joinpath(*["cpu"] * (version == 1), *names[:depth])
            cgroup.mkdir(parents=True, exist_ok=True)
            if version == 2:
                (cgroup / "cpu.max").write_text(f"{quota or 'max'} {period}\n")
            else:
                (cgroup / "cpu.cfs_quota_us").write_text(f"{quota or -1}\n")
                (cgroup / "cpu.cfs_period_us").write_text(f"{period}\n")
        limits = [Fraction(quota, period) for quota, period in chain if quota]
        assert device.cores(own, mount) == math.ceil(min([Fraction(available), *limits]))


@pytest.mark.parametrize(("threads", "cores", "after"), [(64, 2, 2), (2, 64, 2), (1, 2, 1), (4, 4, 4)])
def test_pick_lowers_the_threads_to_the_cores_and_never_raises_them(monkeypatch, threads, cores, after):
    asked = []
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    monkeypatch.setattr(device, "cores", lambda: cores)
    device.pick()
    assert [threads, *asked][-1] == after and len(asked) == (after != threads)


def test_the_threads_of_this_process_fit_its_cores():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(device.cores() + 3)
        device.pick()
        assert torch.get_num_threads() == device.cores()
    finally:
        torch.set_num_threads(before)
