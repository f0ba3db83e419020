"""`python -m keras_genzoo` is `genzoo`."""

import sys

from keras_genzoo.cli import main

sys.exit(main())
