"""The models of consultation times that stand for themselves, by their names."""

from forecast.consultation.empirical import Empirical, FittedEmpirical
from forecast.consultation.exponential import Exponential, FittedExponential
from forecast.consultation.gamma import FittedGamma, Gamma
from forecast.consultation.gradient_boosting import FittedGradientBoosting, GradientBoosting
from forecast.consultation.lognormal import FittedLognormal, Lognormal
from forecast.consultation.lognormal_regression import (
    FittedLognormalRegression,
    LognormalRegression,
)
from forecast.consultation.mixture_network import FittedMixtureNetwork, MixtureDensity
from forecast.consultation.model import ConsultationFitted, ConsultationModel

MEMBERS: dict[str, type[ConsultationModel]] = {
    "exponential": Exponential,
    "empirical": Empirical,
    "gamma": Gamma,
    "lognormal": Lognormal,
    "lognormal_regression": LognormalRegression,
    "gradient_boosting": GradientBoosting,
    "mixture_network": MixtureDensity,
}
FITTED_MEMBERS: dict[str, type[ConsultationFitted]] = {
    "exponential": FittedExponential,
    "empirical": FittedEmpirical,
    "gamma": FittedGamma,
    "lognormal": FittedLognormal,
    "lognormal_regression": FittedLognormalRegression,
    "gradient_boosting": FittedGradientBoosting,
    "mixture_network": FittedMixtureNetwork,
}
