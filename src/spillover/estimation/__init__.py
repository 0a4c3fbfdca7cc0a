"""Where a design meets a dependence."""
