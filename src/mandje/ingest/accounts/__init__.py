"""Where every delivered row and its money went, counted twice; and what people are told of it."""
