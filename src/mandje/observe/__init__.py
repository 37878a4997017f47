"""What is known of nights: records of stages, checks of sets and ids, tonight beside the past."""
