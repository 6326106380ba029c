"""Whether a patient will come: probabilities per appointment, calibrated night after night."""

from forecast.no_show.quantity import NoShow

__all__ = ["NoShow"]
