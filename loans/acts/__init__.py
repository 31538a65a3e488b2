"""Acts on a running loan: what they are called, who may do them, and the one way they are done, previewed and undone."""
