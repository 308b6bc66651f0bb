"""The command line: options in, one call out. What the commands do is in the modules beside."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from flambeau.app.errors import CommandError

USAGE_ERROR = 2
INTERRUPTED = 130

app = typer.Typer(
    help="Train small networks, and use them.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run(arguments: Sequence[str]) -> int:
    """Run the command; the exit status."""
    try:
        # Typer returns an exit status where a command ended early, or what the command returned.
        status = app(
            args=list(arguments) or ["--help"], prog_name="flambeau", standalone_mode=False
        )
        if not callable(status):
            status = status if isinstance(status, int) else 0
    except CommandError as error:
        return _fail(str(error))
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED  # some versions of Typer return that, others raise
    except Exception as error:
        # Typer's complaints about arguments: of its own class or of click's, by version.
        message = getattr(error, "format_message", None)
        if message is None:
            raise
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "flambeau"
        return _fail(f"{message().rstrip('.')} (see {command} --help)")
    if callable(status):
        return _run_program(status)
    if status == INTERRUPTED:
        print("flambeau: interrupted; nothing was written", file=sys.stderr)
    return status


def _run_program(program: Callable[[], int]) -> int:
    """A user's program runs outside the command: its exceptions and exit status are its own."""
    try:
        return program()
    except CommandError as error:
        return _fail(str(error))


def _fail(message: str) -> int:
    print("flambeau:", " ".join(message.split()), file=sys.stderr)
    return USAGE_ERROR


def _version(wanted: bool) -> None:
    if wanted:
        import flambeau

        print(f"flambeau {flambeau.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass


@app.command()
def train(
    dataset: Annotated[
        str, typer.Argument(help="digits, mnist, fashion, kmnist or penguins.", show_default=False)
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the data set, with MNIST/raw (or FashionMNIST/raw, KMNIST/raw) in it; "
            "data by default. Digits and penguins come with flambeau.",
            show_default=False,
        ),
    ] = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch a missing data set.")] = False,
    layers: Annotated[
        str | None,
        typer.Option(
            help="Layers between input and output, such as 512,512. A number is a fully connected "
            "layer, convN a 3x3 convolution to N channels, pool a 2x2 max-pooling, dropP a dropout "
            "with probability P: conv32,conv64,pool,drop0.25,128.",
            show_default=False,
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Passes over the data.", show_default=False)
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Examples in a step.", show_default=False)
    ] = None,
    lr: Annotated[
        float | None,
        typer.Option(
            help="Learning rate of the first step; it falls to 0 in a straight line.",
            show_default=False,
        ),
    ] = None,
    optimizer: Annotated[
        str | None,
        typer.Option(help="adam, adamw, sgd, rmsprop, adagrad or adadelta.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")] = 0,
    threads: Annotated[
        int,
        typer.Option(
            min=1,
            help="Threads of the linear algebra library. More than one pays for large layers on "
            "an idle machine, and costs much on a busy one.",
        ),
    ] = 1,
    compile: Annotated[
        bool,
        typer.Option("--compile/--no-compile", help="Compile the training step to native code."),
    ] = True,
    output: Annotated[
        Path | None,
        typer.Option(help="Folder of the results; runs/DATASET by default.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier run.")] = False,
) -> None:
    """Train a network, and write it with its curves, confusion matrix and mistakes to a folder."""
    from flambeau.app import train as work

    chosen: dict[str, Any] = {
        "data": data,
        "layers": layers,
        "epochs": epochs,
        "batch_size": batch_size,
        "lr": lr,
        "optimizer": optimizer,
    }
    setup = work.Setup.of(dataset, seed=seed, threads=threads, compile=compile, **chosen)
    work.train(setup, output or Path("runs", dataset), force=force, download=download)


@app.command()
def predict(
    run: Annotated[
        Path, typer.Argument(help="Folder that flambeau train wrote.", show_default=False)
    ],
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE...",
            help="Pictures of any size, one digit (or character, or piece of clothing) each; "
            "for penguins the four measurements, such as 39.1,18.7,181,3750.",
            show_default=False,
        ),
    ],
) -> None:
    """Print the class of each picture, and its probability."""
    from flambeau.app import predict as work

    work.predict(run, inputs)


@app.command(
    "run",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
def run_program(
    program: Annotated[
        str,
        typer.Argument(
            metavar="PROGRAM", help="A script.py or notebook.ipynb.", show_default=False
        ),
    ],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            help="The script's own arguments; for a notebook --output COPY.ipynb.",
            show_default=False,
        ),
    ] = None,
) -> Callable[[], int]:
    """Run a PyTorch program or notebook, with torch meaning flambeau."""
    from flambeau.app import run as work

    return partial(work.run, [program, *(arguments or [])])


@app.command()
def doctor() -> None:
    """Print versions, BLAS, C compiler, cores and GPU."""
    from flambeau.app import doctor as work

    work.doctor()
