"""What forecasts of patients are worth: the schedules they lead to, on days that happened."""
