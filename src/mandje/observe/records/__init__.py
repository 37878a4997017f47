"""Records of nights: what each stage did, what a night must be told of, each month's judgement."""
