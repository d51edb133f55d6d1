"""The planner's screens: list of campaigns, new campaign, the planning wizard, the page of one campaign."""
