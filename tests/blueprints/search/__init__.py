"""Tests of the search in everything, over HTTP."""
