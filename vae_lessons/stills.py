"""Stills: what stands in for a live widget in a notebook that is read without a kernel."""

STILL = "vae-lessons-still"  # the class of the HTML element that can stand without its widget
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"  # the type of the output that needs a kernel
FIGURES_FOR_LATEX = "vae_lessons.latex_figures.FiguresForLatex"  # what nbconvert is told to load
