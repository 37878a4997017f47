"""What a night has to do: what is new, missing or gone, and whether the night may go on."""
