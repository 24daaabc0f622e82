"""Speed, memory and accuracy, beside a peer that anyone can run: Splink as it comes."""
