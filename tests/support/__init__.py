"""What tests share: fixtures, fakes, and helpers."""
