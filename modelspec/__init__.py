"""modelspec compiles networks written in YAML to torch modules and their source."""
