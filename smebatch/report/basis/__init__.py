"""What each figure of the report rests on: returns, told by conditions on facts about them."""
