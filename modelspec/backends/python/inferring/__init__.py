"""What a checker makes of one body: its names, its expressions, its calls."""
