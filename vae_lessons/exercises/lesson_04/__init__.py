"""The exercises of lesson 04, one a file, and its predictions."""
