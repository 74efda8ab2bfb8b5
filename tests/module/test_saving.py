"""Files: what `save` writes, that `load` goes on to the same bits, and that a damaged file is refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .generated import CASES, data, made


@pytest.mark.parametrize(("name", "level"), CASES)
def test_a_loaded_network_goes_on_to_the_same_bits(name: str, level: int, tmp_path: Path) -> None:
    module, arrays = made(name, level), data(name)
    net = module.Network(seed=4)
    net.lr *= 0.75
    net.fit(*arrays, epochs=2, verbose=False)
    net.save(tmp_path / "net.safetensors")
    other = module.Network.load(str(tmp_path / "net.safetensors"))
    assert (other.epoch, other.seed, other.lr) == (2, 4, 0.75 * module.LEARNING_RATE)
    assert other.history == net.history
    for each in (net, other):
        each.fit(*arrays, epochs=3, batch_size=8, verbose=False)
    assert np.array_equal(net.theta, other.theta)
    assert all(np.array_equal(array, other.state[label]) for label, array in net.state.items())
    assert net.history == other.history
    assert net.step(*arrays) == other.step(*arrays)
    assert net.epoch == 5


def contents(path: Path) -> tuple[dict[str, Any], bytes]:
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


def written(path: Path, header: Any, body: bytes) -> Path:
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
    return path


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    made("classes").Network().fit(*data("classes"), verbose=False).save(tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors"


def test_the_file_is_safetensors(saved: Path) -> None:
    header, body = contents(saved)
    net = made("classes").Network.load(saved)
    assert saved.stat().st_size % 8 == (len(body)) % 8
    metadata = header.pop("__metadata__")
    assert all(isinstance(value, str) for value in metadata.values())
    assert list(header) == ["fc1.W", "fc1.b", "fc2.W", "fc2.b", "optimizer/m", "optimizer/v"]
    begin, end = header["fc2.W"]["data_offsets"]
    assert header["fc2.W"]["shape"] == [8, 3]
    assert np.array_equal(np.frombuffer(body[begin:end], "<f4").reshape(8, 3), net.parameters["fc2.W"])
    assert len(body) == 4 * 3 * 83
    assert [p.name for p in saved.parent.iterdir()] == ["net.safetensors"]


def test_other_readers_agree(saved: Path) -> None:
    library = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    found = library.load_file(saved)
    for label, view in made("classes").Network.load(saved).parameters.items():
        assert np.array_equal(found[label], view)


def test_parameters_alone_will_do(saved: Path, tmp_path: Path) -> None:
    header, body = contents(saved)
    header = {label: entry for label, entry in header.items() if label in made("classes").PARAMETERS}
    header = dict(reversed(header.items()))  # the order of the header is free
    net = made("classes").Network.load(written(tmp_path / "bare", header, body[: 4 * 83]))
    assert np.array_equal(net.theta, made("classes").Network.load(saved).theta)
    assert (net.epoch, net.history) == (0, [])
    net.fit(*data("classes"), verbose=False)


def test_numbers_of_numpy_are_saved(tmp_path: Path) -> None:
    net = made("classes").Network(np.int64(3))
    net.lr, net.total_steps = np.float32(0.5), np.int64(7)
    net.step(*data("classes"))
    assert net.theta.dtype == np.float32
    net.save(tmp_path / "net")
    loaded = made("classes").Network.load(tmp_path / "net")
    assert (loaded.seed, loaded.lr, loaded.total_steps) == (3, 0.5, 7)


def test_double_precision_is_kept(tmp_path: Path) -> None:
    module = made("classes")
    net = module.Network(dtype="float64").fit(*data("classes"), verbose=False)
    net.save(tmp_path / "net")
    loaded = module.Network.load(tmp_path / "net")
    assert loaded.dtype == np.float64
    assert np.array_equal(loaded.theta, net.theta)


def drop(header: dict[str, Any], body: bytes) -> bytes:
    header.pop("fc2.b")
    return body


def reshape(header: dict[str, Any], body: bytes) -> bytes:
    header["fc1.W"]["shape"] = [8, 6]
    return body


def rename(header: dict[str, Any], body: bytes) -> bytes:
    header["fc9.W"] = header.pop("fc1.W")
    return body


def cut(header: dict[str, Any], body: bytes) -> bytes:
    return body[:-1]


def lengthen(header: dict[str, Any], body: bytes) -> bytes:
    return body + b"\0"


def overlap(header: dict[str, Any], body: bytes) -> bytes:
    begin, end = header["fc1.b"]["data_offsets"]
    header["fc1.b"]["data_offsets"] = [begin - 4, end - 4]
    return body


def enlarge(header: dict[str, Any], body: bytes) -> bytes:
    header["fc1.W"]["shape"] = [6, 10**12]
    return body


def halve(header: dict[str, Any], body: bytes) -> bytes:
    header["fc1.W"]["dtype"] = "BF16"
    return body


def negate(header: dict[str, Any], body: bytes) -> bytes:
    header["fc1.W"]["shape"] = [-6, -8]
    return body


def forget(header: dict[str, Any], body: bytes) -> bytes:
    header["__metadata__"]["training"] = "{}"
    return body


def scramble(header: dict[str, Any], body: bytes) -> bytes:
    training = json.loads(header["__metadata__"]["training"])
    training["generator"]["state"] = {}
    header["__metadata__"]["training"] = json.dumps(training)
    return body


DAMAGES: list[tuple[Callable[[dict[str, Any], bytes], bytes], str]] = [
    (drop, r"does not fit bytes|fc2\.b is missing"),
    (reshape, r"fc1\.W has shape \(8, 6\), expected \(6, 8\)"),
    (rename, r"fc1\.W is missing; fc9\.W is not known"),
    (cut, "cut off in tensor"),
    (lengthen, "1 bytes too many"),
    (overlap, r"tensor 'fc1\.b' \(8,\) does not fit bytes"),
    (enlarge, "does not fit bytes"),
    (halve, "the header of tensor 'fc1.W' is damaged"),
    (negate, "does not fit bytes"),
    (forget, "the state of the training is damaged"),
    (scramble, "the state of the training is damaged"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGES, ids=lambda v: getattr(v, "__name__", ""))
def test_damaged_files_are_refused(
    damage: Callable[[dict[str, Any], bytes], bytes], message: str, saved: Path, tmp_path: Path
) -> None:
    header, body = contents(saved)
    body = damage(header, body)
    path = written(tmp_path / "damaged", header, body)
    with pytest.raises(ValueError, match=message) as error:
        made("classes").Network.load(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("raw", [b"", b"short", b"\xff" * 64, (4).to_bytes(8, "little") + b"[1]]", b"\0" * 64])
def test_other_files_are_refused(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(raw)
    with pytest.raises(ValueError, match="not a safetensors file, or cut off in its header"):
        made("classes").Network.load(tmp_path / "file")


def test_a_file_of_another_network_is_refused(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"does not fit the network line1: linear\.W is missing"):
        made("line").Network.load(saved)
    with pytest.raises(FileNotFoundError):
        made("line").Network.load(tmp_path / "none")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for folder in (tmp_path / "none", tmp_path / "file"):
        for path in (folder / "net.safetensors", str(folder / "net.safetensors")):
            with pytest.raises(FileNotFoundError) as error:
                made("classes").Network().save(path)
            assert str(error.value) == f"path: there is no folder {folder} for {path}"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_failed_save_leaves_the_old_file(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = saved.read_bytes()
    net = made("classes").Network(seed=9)

    def fail(self: Path, target: Path) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        net.save(saved)
    assert saved.read_bytes() == before
    assert [p.name for p in saved.parent.iterdir()] == ["net.safetensors"]
