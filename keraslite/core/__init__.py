"""What every part of the frontend stands on: variables, symbolic tensors, layers."""
