"""What formats of texts have in common: cleaned texts become a tokenizer, arrays of tokens and a preview."""
