"""The instructor's tools: lessons executed, written out for students and lectures, graded, and made into pages."""
