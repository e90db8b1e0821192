"""The exercises of lesson 08, one a file, and its predictions."""
