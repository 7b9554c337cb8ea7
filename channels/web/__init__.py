"""The resident's own page, also for the kiosk at a village station."""
