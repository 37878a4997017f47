"""What each customer is expected to do: the models' answers per history, joined to persons."""
