"""Tests of the labels of boards, and of their notes."""
