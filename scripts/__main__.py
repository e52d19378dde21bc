"""`python -m scripts`: the same as the `kuaizui` command."""

from scripts.cli import main

main()
