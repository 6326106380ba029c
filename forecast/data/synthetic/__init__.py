"""Made-up histories: no visit in them took place, and no patient in them exists.

They have the tables of a real history, so that everything can be tried without one, and their true
parameters are known, so that what was learned can be compared with them. The rates of missed
appointments by lead time and for telephone calls are those of general practice in England (contains
public sector information licensed under the Open Government Licence v3.0: NHS England, Appointments
in General Practice). All other numbers are round ones of the size that is reported of outpatient
clinics.
"""
