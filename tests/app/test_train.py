"""flambeau train."""

import csv
import gzip
import json
import struct

import numpy as np
import pytest
from PIL import Image

import flambeau
from flambeau.app import train as work
from flambeau.app.runs import read_run
from flambeau.vision.datasets import Digits

FILES = ["config.json", "confusion.png", "curves.png", "metrics.csv", "mistakes.png", "model.pt"]


def test_the_default_network_reads_held_out_digits(flambeau_command, tmp_path):
    outcome = flambeau_command("train", "digits", "--output", tmp_path / "digits")
    assert outcome.status == 0
    config = json.loads((tmp_path / "digits" / "config.json").read_text())
    assert config["held_out_accuracy"] >= 0.97
    assert f"{config['held_out_accuracy']:.2%} of 360 held-out examples right" in outcome.out


def test_the_run_folder(digits_run):
    assert sorted(path.name for path in digits_run.iterdir()) == FILES
    assert [path.name for path in digits_run.parent.iterdir()] == ["digits"]
    with open(digits_run / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert float(rows[-1]["train_loss"]) < float(rows[0]["train_loss"])
    config = json.loads((digits_run / "config.json").read_text())
    assert config["dataset"] == "digits" and config["layers"] == "conv8,pool,32"
    assert config["classes"] == list("0123456789") and config["shape"] == [1, 8, 8]
    assert config["held_out_accuracy"] == pytest.approx(float(rows[-1]["test_accuracy"]), abs=1e-5)
    for name in ("confusion", "curves", "mistakes"):
        with Image.open(digits_run / f"{name}.png") as image:
            assert image.format == "PNG" and min(image.size) > 200
            assert len(image.convert("RGB").getcolors(1 << 20)) > 10


def test_the_model_is_a_state_dict(digits_run):
    state = flambeau.load(digits_run / "model.pt")
    assert state["0.weight"].shape == (8, 1, 3, 3)
    run = read_run(digits_run)
    accuracy = work.evaluate(run.model, Digits(False)).accuracy
    assert accuracy == pytest.approx(run.config["held_out_accuracy"])


def test_what_is_printed(flambeau_command, tmp_path):
    options = ["--epochs", 2, "--lr", 0.05, "--optimizer", "sgd", "--layers", "6", "--no-compile"]
    outcome = flambeau_command("train", "penguins", *options, "--output", tmp_path / "p")
    lines = outcome.out.splitlines()
    assert lines[0] == "penguins: 274 training and 68 held-out examples, 3 classes"
    assert lines[1] == ("network: 4 - 6 - 3, 51 parameters; sgd, learning rate 0.05, batches of 16")
    assert lines[3].split()[0] == "1" and lines[4].split()[0] == "2"
    assert str(tmp_path / "p") in lines[-1]


def test_the_same_seed_gives_the_same_network(flambeau_command, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        options = ["--epochs", 1, "--seed", seed, "--output", tmp_path / name]
        assert flambeau_command("train", "penguins", *options).status == 0
    a, b, c = (flambeau.load(tmp_path / name / "model.pt") for name in "abc")
    assert all(flambeau.equal(a[key], b[key]) for key in a)
    assert not flambeau.equal(a["0.weight"], c["0.weight"])


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop", "adagrad", "adadelta"])
def test_every_optimizer_learns(flambeau_command, tmp_path, optimizer):
    options = ["--epochs", 20, "--optimizer", optimizer, "--output", tmp_path / "p"]
    assert flambeau_command("train", "penguins", *options).status == 0
    config = json.loads((tmp_path / "p" / "config.json").read_text())
    assert config["held_out_accuracy"] > 0.8


def write_mnist(root, folder="MNIST"):
    raw = root / folder / "raw"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for part, count in (("train", 40), ("t10k", 20)):
        labels = np.arange(count, dtype=np.uint8) % 10
        images = rng.integers(0, 60, (count, 28, 28), dtype=np.uint8)
        images[np.arange(count), labels * 2] += 180  # a bright row that tells the class
        for kind, values in (("images-idx3", images), ("labels-idx1", labels)):
            header = bytes([0, 0, 8, values.ndim])
            header += struct.pack(f">{values.ndim}I", *values.shape)
            path = raw / f"{part}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(header + values.tobytes()))


@pytest.mark.parametrize(
    ("name", "folder"), [("mnist", "MNIST"), ("fashion", "FashionMNIST"), ("kmnist", "KMNIST")]
)
def test_data_sets_in_folders(flambeau_command, tmp_path, name, folder):
    write_mnist(tmp_path / "data", folder)
    options = ["--data", tmp_path / "data", "--layers", "32", "--epochs", 20, "--batch-size", 8]
    outcome = flambeau_command("train", name, *options, "--output", tmp_path / "run")
    assert outcome.status == 0, outcome.err
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["held_out_accuracy"] == 1
    assert config["classes"][5] == {"mnist": "5", "fashion": "Sandal", "kmnist": "ha"}[name]


REFUSALS = {
    "unknown data set 'cats': choose from digits, mnist": ["cats"],
    "unknown optimizer 'magic': choose from adam": ["digits", "--optimizer", "magic"],
    "--lr must be a number above 0, not -1": ["digits", "--lr", "-1"],
    "--lr must be a number above 0, not nan": ["digits", "--lr", "nan"],
    "cannot read the layer 'big': layers are written like": ["digits", "--layers", "8,big"],
    "cannot read the layer '0'": ["digits", "--layers", "0"],
    "cannot read the layer '1.5'": ["digits", "--layers", "1.5"],
    "cannot read the layer 'drop2'": ["digits", "--layers", "drop2"],
    "conv needs a picture, and here are 4 numbers": ["penguins", "--layers", "conv4"],
    "too many pools: the picture is 1x1": ["digits", "--layers", "pool,pool,pool,pool"],
    "digits come with flambeau; --data is for": ["digits", "--data", "x"],
    "Dataset not found. You can use --download to": ["mnist", "--data", "nowhere"],
    "Missing argument": [],
    "Invalid value for '--epochs'": ["digits", "--epochs", "0"],
    "Invalid value for '--batch-size'": ["digits", "--batch-size", "many"],
    "No such option: --colour": ["digits", "--colour", "red"],
}


@pytest.mark.parametrize("message", REFUSALS)
def test_bad_arguments(flambeau_command, tmp_path, monkeypatch, message):
    monkeypatch.chdir(tmp_path)
    arguments = REFUSALS[message]
    assert message in flambeau_command("train", *arguments).refused()
    assert list(tmp_path.iterdir()) == []


def test_damaged_data(flambeau_command, tmp_path):
    write_mnist(tmp_path / "data")
    images = tmp_path / "data" / "MNIST" / "raw" / "train-images-idx3-ubyte.gz"
    images.write_bytes(images.read_bytes()[:1000])
    outcome = flambeau_command(
        "train", "mnist", "--data", tmp_path / "data", "--output", tmp_path / "run"
    )
    assert f"{images}: damaged gzip file" in outcome.refused()
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_divergence_leaves_nothing(flambeau_command, tmp_path):
    options = ["--lr", "1e12", "--optimizer", "sgd", "--output", tmp_path / "p"]
    outcome = flambeau_command("train", "penguins", *options)
    assert outcome.status == 2 and "try a smaller --lr" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing(flambeau_command, tmp_path, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(work, "evaluate", interrupt)
    outcome = flambeau_command("train", "penguins", "--output", tmp_path / "deep" / "p")
    assert outcome.status == 130 and "nothing was written" in outcome.err
    assert list(tmp_path.iterdir()) == []
