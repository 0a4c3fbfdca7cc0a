"""``python -m spillover`` is ``spillover``."""

from spillover.cli import main

if __name__ == "__main__":
    main()
