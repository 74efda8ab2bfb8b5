"""``python NAME.py check | train | predict | info | bench``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from .generated import SPECS, data, made, text


def test_train_and_predict_from_a_csv_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module, (x, y) = made("classes"), data("classes")
    table = np.column_stack([x, y])
    np.savetxt(tmp_path / "data.csv", table, delimiter=",", header="a,b,c,d,e,f,class", comments="")
    saved = tmp_path / "net.safetensors"
    arguments = ["--data", str(tmp_path / "data.csv"), "--epochs", "30", "--output", str(saved)]
    assert module.main(["train", *arguments, "--validation", "0.2"]) == 0
    out, err = capsys.readouterr()
    assert "accuracy" in out and "held-out samples" in out and f"saved {saved}" in out
    assert "epoch 30/30" in err
    assert module.main(["predict", "--data", str(tmp_path / "data.csv"), "--weights", str(saved)]) == 0
    found = [int(line) for line in capsys.readouterr().out.split()]
    assert found == module.Network.load(saved).predict(x).tolist()
    assert module.main(["info", "--weights", str(saved)]) == 0
    assert "30 epochs trained" in capsys.readouterr().out
    assert module.main(["train", *arguments, "--weights", str(saved)]) == 0
    assert module.Network.load(saved).epoch == 60


def test_train_from_npz_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("steps", "tied", "line"):
        arrays = dict(zip(("x", "y"), data(name), strict=False))
        np.savez(tmp_path / f"{name}.npz", **arrays)
        saved = tmp_path / f"{name}.safetensors"
        module = made(name)
        assert module.main(["train", "--data", str(tmp_path / f"{name}.npz"), "--output", str(saved)]) == 0
        twin = module.Network()
        order = np.random.default_rng(module.SEED).permutation(50)
        twin.fit(*(a[order] for a in arrays.values()), verbose=False)
        assert np.array_equal(module.Network.load(saved).theta, twin.theta)


def test_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert made("line").main(["check"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 4 and "linear.b" in out and "complex step" in out


@pytest.mark.parametrize("name", SPECS)
def test_bench_times_steps_for_two_seconds(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    module, sizes, readings = made(name), [], []
    step = module.Network._step

    def counted(net: object, batch: tuple[np.ndarray, ...]) -> float:
        sizes.append({len(a) for a in batch})
        return float(step(net, batch))

    def clock() -> float:
        readings.append(None)
        return 0.125 * len(readings)  # each look at the clock takes an eighth of a second

    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=clock))
    monkeypatch.setattr(module.Network, "_step", counted)
    assert module.main(["bench", "--batch-size", "7"]) == 0
    assert sizes == [{7}] * 5
    assert capsys.readouterr() == ("one step of 7 samples: 125000.0 us (median of 5)\n", "")
    assert module.main(["bench", "--batch-size", "0"]) == 1
    assert "--batch-size: expected a whole number of at least 1, found 0" in capsys.readouterr().err


def test_mistakes_are_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = made("classes")
    np.savez(tmp_path / "data.npz", x=data("classes")[0])
    (tmp_path / "data.csv").write_text("a,b\n1,2\n")
    (tmp_path / "text.csv").write_text("a,b\n1,two\n")
    (tmp_path / "bare.csv").write_text("1,2\n3,4\n")
    (tmp_path / "header.csv").write_text("a,b\n")
    whole = (tmp_path / "data.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[:-100])
    for file, words in (("data.npz", "no array y; found x"), ("data.csv", "expected 7 columns, found 2"),
                        ("text.csv", "text.csv: could not convert"), ("none.npz", "No such file"),
                        ("bare.csv", "expected a header in the first line, found '1,2'"),
                        ("header.csv", "nothing below the header"),
                        ("cut.npz", "not an .npz file of numbers, or damaged")):  # fmt: skip
        assert module.main(["train", "--data", str(tmp_path / file)]) == 1
        err = capsys.readouterr().err
        assert words in err and err.startswith("classes1.py: ") and err.count("\n") == 1
    for arguments in ([], ["train"], ["fly"]):
        with pytest.raises(SystemExit) as stop:
            module.main(arguments)
        assert stop.value.code == 2


def test_the_file_runs_by_itself(tmp_path: Path) -> None:
    (tmp_path / "line1.py").write_text(text("line"))
    done = subprocess.run(
        [sys.executable, "-I", "line1.py", "info"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "linear" in done.stdout and done.stderr == ""
