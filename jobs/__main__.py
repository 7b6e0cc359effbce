"""``python -m wellhop.jobs`` is the command line, for when the console script is not on the path."""

import sys

from wellhop.jobs.cli import main

sys.exit(main())
