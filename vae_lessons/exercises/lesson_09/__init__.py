"""The exercises of lesson 09, one a file, and its predictions."""
