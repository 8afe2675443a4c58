"""Names of files of weights against those of models: rules, tables, suggestions."""
