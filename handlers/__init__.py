"""What happens: stages are files, tools are folders; a diagram says when."""
