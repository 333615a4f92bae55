"""The `keraslite` command: `demo`, `backends`, `--version`."""

import argparse
import sys

import keraslite
from keraslite.backend import registry
from keraslite.config import configured_backend


def main(arguments=None):
    """Run the command line; `arguments` defaults to the process's."""
    options = _parser().parse_args(arguments)
    options.run(options)


def _parser():
    parser = argparse.ArgumentParser(prog="keraslite", description=keraslite.__doc__)
    parser.add_argument("--version", action="version", version=f"keraslite {keraslite.__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    demo = commands.add_parser("demo", help="train a small network on handwritten digits")
    demo.add_argument("--backend", help="the engine to use; default: the configured one")
    demo.add_argument("--epochs", type=_positive, default=10, help="default: %(default)s")
    demo.set_defaults(run=_demo)
    backends = commands.add_parser("backends", help="list the engines")
    backends.set_defaults(run=_backends)
    return parser


def _positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, found {value}")
    return value


def _demo(options):
    try:
        if options.backend:
            keraslite.use_backend(options.backend)
        registry.active_backend()
    except (ValueError, ImportError) as error:
        sys.exit(f"keraslite: {error}")
    from keraslite import demo

    demo.run(options.epochs)


def _backends(options):
    available = registry.available_backends()
    for name, entry in sorted(registry.registered_backends().items()):
        mark = "*" if name == configured_backend() else " "
        status = "installed" if name in available else f'pip install "keraslite[{name}]"'
        print(f"{mark} {name:12} {entry.value:42} {status}")
    print("* is what starts unless KERASLITE_BACKEND or keraslite.use_backend says otherwise.")
