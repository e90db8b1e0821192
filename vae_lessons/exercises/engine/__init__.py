"""How answers are assessed: run on probes, compared, and recognised by their mistakes."""
