"""The exercises of lesson 10, one a file, and its predictions."""
