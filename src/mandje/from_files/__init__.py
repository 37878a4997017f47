"""A new shop from a platform's exports: what each file is, settings that read it, and its place."""
