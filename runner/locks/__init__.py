"""Locks: what a recipe stood for when it was locked, and what is no longer so.

``lock`` has the model, which is the file's format; ``reading`` reads files into it, strictly to run
by them and forgivingly to review them. ``pins`` says where the parts of a recipe are now, and
``proven`` what the newest run of it said. ``differences`` is the one comparison of two locks:
``drift`` names the differences that stop a locked run, ``check`` holds recipes to their locks by
them, and a review classes them.
"""
