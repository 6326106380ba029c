"""From forecasts to a clinic session: its inputs, how sure they are, and files that opt takes."""
