"""What a person sees: messages, progress, tables, standard streams."""
