"""The torch back end: classes, construction, methods, runs, weights."""
