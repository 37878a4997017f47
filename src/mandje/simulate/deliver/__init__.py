"""From delivered frames to the files of every day, whatever the number of customers."""
