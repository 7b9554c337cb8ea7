"""Speech becomes text: recognisers, their models, and who speaks when."""
