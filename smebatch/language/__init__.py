"""What the faces of the program say, in the user's language."""
