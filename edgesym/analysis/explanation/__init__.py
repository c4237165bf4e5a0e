"""What a number is made of, down to the graph, and where each input comes from."""
