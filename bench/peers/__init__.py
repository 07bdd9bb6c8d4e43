"""The peers and yardsticks of the benchmark: one small program in each file."""
