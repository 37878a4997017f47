"""Which form recommends this month: tried on windows of the past, and only taken where surely better."""
