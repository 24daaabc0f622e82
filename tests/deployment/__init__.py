"""What can be said of a deployment without a container engine: the files, the gate, the steps of the image."""
