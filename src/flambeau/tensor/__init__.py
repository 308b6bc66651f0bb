"""What a tensor is: its array, element type, device, shape, printing and creation."""
