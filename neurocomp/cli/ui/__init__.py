"""The user interface: messages, progress, tables, standard streams."""
