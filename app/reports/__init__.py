"""What campaigns were worth: the list of evaluations and the page of one."""
