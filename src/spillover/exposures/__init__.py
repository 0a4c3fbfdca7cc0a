"""What reaches a firm: a network carrying a shock."""
