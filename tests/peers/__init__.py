"""Programs of other people that our own are tried against, each started and ended here."""
