"""From the files that a shop drops to raw Parquet partitions, with every row accounted for."""
