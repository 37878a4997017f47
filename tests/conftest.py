"""What holds for every test process."""

import gc

# dbt and Great Expectations make many small objects and few circles: looking for circles at every 700th new
# object took a tenth of a build's time.
gc.set_threshold(50_000, 20, 20)
